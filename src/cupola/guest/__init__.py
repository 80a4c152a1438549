"""The guest image: a tiny Linux that boots in seconds, for first servers and for tests.

`build.sh` makes it of Debian packages; `guest-init`, `initrd-init` and `udhcpc.script` are what runs inside it.
"""
