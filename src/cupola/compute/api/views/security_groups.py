"""Security groups in compute's own form: what may come in, and no word of what may go out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cupola.network.interface import Rule, SecurityGroup


def security_group(group: SecurityGroup, rules: Sequence[Rule]) -> dict[str, Any]:
    """A group with its rules."""
    return {
        "id": group.id,
        "name": group.name,
        "description": group.description,
        "tenant_id": group.project_id,
        "rules": [_rule(rule) for rule in rules if rule.direction == "ingress"],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    everybody = "::/0" if rule.ethertype == "IPv6" else "0.0.0.0/0"
    from_group = rule.remote_group_id is not None
    return {
        "id": rule.id,
        "parent_group_id": rule.security_group_id,
        "ip_protocol": rule.protocol,
        "from_port": rule.port_range_min,
        "to_port": rule.port_range_max,
        "group": {"name": rule.remote_group_id} if from_group else {},
        "ip_range": {} if from_group else {"cidr": rule.remote_ip_prefix or everybody},
    }
