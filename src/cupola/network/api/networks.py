"""Networks: `/v2.0/networks`."""

from __future__ import annotations

from typing import Any

from cupola.network.api.attributes import (
    ADMIN_STATE,
    DESCRIPTION,
    ID,
    NAME,
    PROJECT,
    STANDARD,
    Attribute,
    Attributes,
    read_only,
)
from cupola.network.api.checks import boolean, each, number, one_of, optional, text
from cupola.network.api.resource import Resource
from cupola.network.api.views.networks import network
from cupola.network.errors import NetworkNotFound
from cupola.network.logic import networks as logic
from cupola.network.logic.scope import of_network
from cupola.network.model.network import MTU_MAX, MTU_MIN, OVERLAY, VNI_MAX


def _mtu(value: Any) -> int:
    """Zero is whatever is usual."""
    found: int = number(0, MTU_MAX)(value)
    return found and number(MTU_MIN)(value)


ATTRIBUTES = Attributes(
    "network",
    (
        ID,
        NAME,
        DESCRIPTION,
        PROJECT,
        ADMIN_STATE,
        Attribute("shared", boolean, False, rule=True, column="shared", parse=boolean),
        Attribute("router:external", boolean, False, rule=True, column="external", parse=boolean),
        Attribute("is_default", boolean, False, rule=True, column="is_default", parse=boolean),
        Attribute("port_security_enabled", boolean, True, rule=True, column="port_security_enabled", parse=boolean),
        Attribute("mtu", _mtu, 0, column="mtu", parse=int),
        Attribute(
            "provider:network_type", one_of(OVERLAY, "flat"), put=False, rule=True, secret=True, column="network_type"
        ),
        Attribute(
            "provider:physical_network",
            optional(text(64)),
            put=False,
            rule=True,
            secret=True,
            column="physical_network",
        ),
        Attribute(
            "provider:segmentation_id",
            optional(number(1, VNI_MAX)),
            put=False,
            rule=True,
            secret=True,
            column="segmentation_id",
            parse=int,
        ),
        Attribute("availability_zone_hints", each(text()), [], put=False),
        read_only("availability_zones"),
        read_only("subnets"),
        read_only("status", constant="ACTIVE"),
        read_only("ipv4_address_scope"),
        read_only("vlan_transparent", constant=False, parse=boolean),
        read_only("qinq", constant=False, parse=boolean),
        read_only("ipv6_address_scope"),
        *STANDARD,
    ),
)

NETWORKS = Resource(
    "networks",
    ATTRIBUTES,
    logic,
    network,
    lambda detail: of_network(detail.network),
    "networks",
    NetworkNotFound,
    update=logic.update,
)
routes = NETWORKS.routes()
