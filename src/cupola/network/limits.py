"""What the network service counts against a project's quota."""

from __future__ import annotations

from cupola.base.quota import Limit, Limits

LIMITS = (
    Limit("network.network", 100),
    Limit("network.subnet", 100),
    Limit("network.port", 500),
    Limit("network.router", 10),
    Limit("network.floatingip", 50),
    Limit("network.security_group", 10),
    Limit("network.security_group_rule", 100),
)

LIMITS_OF = Limits(LIMITS)
