"""Settings of the network service's control plane; those of a host's network are in `host/settings.py`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NetworkSettings:
    """Section `[network]`."""

    public_cidr: str | None = None
    """The external network that a new cloud has; None: 172.24.4.0/24, or the next one that is free on its machine."""
    link_range: str = "100.64.0.0/10"
    """From where the four addresses of the link between the machine and a host's namespace are taken."""
