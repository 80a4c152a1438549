"""Policies of the network service: names and defaults as operators know them."""

from __future__ import annotations

from cupola.base.policy import Rule
from cupola.network.policies import cloud, common, networks, ports, routers, security_groups, subnets

RULES: tuple[Rule, ...] = tuple(
    rule for module in (common, networks, subnets, ports, security_groups, routers, cloud) for rule in module.RULES
)
