"""Rules of security groups: `/v2.0/security-group-rules`."""

from __future__ import annotations

from typing import Any

from cupola.network.api.attributes import (
    DESCRIPTION,
    ID,
    PROJECT,
    REQUIRED,
    Attribute,
    Attributes,
    read_only,
)
from cupola.network.api.checks import moment, number, one_of, optional, prefix, protocol, text
from cupola.network.api.resource import Resource
from cupola.network.api.views.security_groups import rule
from cupola.network.errors import SecurityGroupRuleNotFound
from cupola.network.logic import security_group_rules as logic
from cupola.network.logic.scope import of_rule


def _ethertype(value: Any) -> str:
    names = {"ipv4": "IPv4", "ipv6": "IPv6"}
    found: str = one_of(*names.values())(names.get(str(value).lower(), value))
    return found


ATTRIBUTES = Attributes(
    "security_group_rule",
    (
        ID,
        PROJECT,
        DESCRIPTION,
        Attribute("security_group_id", text(), REQUIRED, put=False, column="security_group_id"),
        Attribute("direction", one_of("ingress", "egress"), REQUIRED, put=False, column="direction"),
        Attribute("ethertype", _ethertype, "IPv4", put=False, column="ethertype"),
        Attribute("protocol", protocol, put=False, column="protocol"),
        Attribute("port_range_min", optional(number()), put=False, column="port_range_min", parse=int),
        Attribute("port_range_max", optional(number()), put=False, column="port_range_max", parse=int),
        Attribute("remote_ip_prefix", optional(prefix), put=False, column="remote_ip_prefix"),
        Attribute("remote_group_id", optional(text()), put=False, column="remote_group_id"),
        read_only("remote_address_group_id"),
        read_only("normalized_cidr"),
        read_only("belongs_to_default_sg"),
        read_only("created_at", "created_at", parse=moment),
        read_only("updated_at", "created_at", parse=moment),
        read_only("revision_number"),
        read_only("tags"),
    ),
)

SECURITY_GROUP_RULES = Resource(
    "security_group_rules", ATTRIBUTES, logic, rule, of_rule, "security-group-rules", SecurityGroupRuleNotFound
)
routes = SECURITY_GROUP_RULES.routes()
