"""From settings to a running cloud, whole or one part; the only package that imports every service.

Its modules are imported by name: a command that only looks must not wait for all services to be loaded.
"""
