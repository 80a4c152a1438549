"""Measurements of a running cloud: `make bench` prints them; benchmarks/RESULTS.md keeps those worth keeping."""
