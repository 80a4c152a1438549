"""Security groups in compute's own form: what may come in, and no word of what may go out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cupola.network.interface import GroupRules, Rule


def security_group(one: GroupRules) -> dict[str, Any]:
    """A group with its rules."""
    group = one.group
    return {
        "id": group.id,
        "name": group.name,
        "description": group.description,
        "tenant_id": group.project_id,
        "rules": [_rule(rule, one.named) for rule in one.rules if rule.direction == "ingress"],
    }


def _rule(rule: Rule, named: Mapping[str, Any]) -> dict[str, Any]:
    source = named.get(rule.remote_group_id or "")
    everybody = "::/0" if rule.ethertype == "IPv6" else "0.0.0.0/0"
    return {
        "id": rule.id,
        "parent_group_id": rule.security_group_id,
        "ip_protocol": rule.protocol,
        "from_port": rule.port_range_min,
        "to_port": rule.port_range_max,
        "group": {"name": source.name, "tenant_id": source.project_id} if source else {},
        "ip_range": {} if source else {"cidr": rule.remote_ip_prefix or everybody},
    }
