"""Private servers of the technologies that a cloud stands on, for tests and benchmarks: Debian's own programs, run by
an unprivileged user in a directory of their own."""

from __future__ import annotations

import socket


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
