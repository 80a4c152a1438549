"""Private servers of the technologies that a cloud stands on, for tests and benchmarks: Debian's own programs, run by
an unprivileged user in a directory of their own."""

from __future__ import annotations

import random
import socket
from pathlib import Path

_FROM, _TO = 10240, 32768
"""Where ports are looked for, as far as the kernel does not give them to clients."""
_claims: list[socket.socket] = []


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now, and that is given to no other test as long as this process lives.

    The kernel gives it to no client either: one that it chose itself could be a connection's before we listen on it.
    """
    clients = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    end = min(clients, _TO)
    for port in random.sample(range(min(_FROM, end - 1024), end), 1000):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0cupola-port-{port}")  # a name of this network, as the port is, that ends with the process
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
            continue
        _claims.append(claim)
        return port
    raise OSError("no port of 127.0.0.1 was free")
