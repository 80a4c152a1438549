"""How security groups and their rules are shown."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from cupola.base.clock import iso
from cupola.network.api.views.common import standard
from cupola.network.model.security_group import Rule, RuleDetail, SecurityGroupDetail


def security_group(detail: SecurityGroupDetail) -> dict[str, Any]:
    of = detail.group
    return {
        "id": of.id,
        "name": of.name,
        "stateful": True,
        "project_id": of.project_id,
        "description": of.description,
        "shared": False,
        "security_group_rules": [
            {**_rule(rule, of.default_of is not None), "tags": [], "tenant_id": rule.project_id}
            for rule in detail.rules
        ],
        **standard(of.created_at, of.updated_at, of.generation, detail.tags),
    }


def rule(detail: RuleDetail) -> dict[str, Any]:
    return _rule(detail.rule, detail.of_default)


def _rule(of: Rule, of_default: bool) -> dict[str, Any]:
    prefix = of.remote_ip_prefix
    moment = iso(of.created_at)
    return {
        "id": of.id,
        "project_id": of.project_id,
        "security_group_id": of.security_group_id,
        "ethertype": of.ethertype,
        "direction": of.direction,
        "protocol": of.protocol,
        "port_range_min": of.port_range_min,
        "port_range_max": of.port_range_max,
        "remote_ip_prefix": prefix,
        "remote_address_group_id": None,
        "normalized_cidr": None if prefix is None else str(ip_network(prefix, strict=False)),
        "remote_group_id": of.remote_group_id,
        "belongs_to_default_sg": of_default,
        "description": of.description,
        "created_at": moment,
        "updated_at": moment,
        "revision_number": 0,
    }
