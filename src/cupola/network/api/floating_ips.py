"""Floating IPs: `/v2.0/floatingips`."""

from __future__ import annotations

from cupola.network.api.attributes import (
    DESCRIPTION,
    ID,
    PROJECT,
    REQUIRED,
    STANDARD,
    Attribute,
    Attributes,
    read_only,
)
from cupola.network.api.checks import address, optional, uuid
from cupola.network.api.resource import Resource
from cupola.network.api.views.routers import floating_ip
from cupola.network.errors import FloatingIPNotFound
from cupola.network.logic import floating_ips as logic
from cupola.network.logic.scope import owned

ATTRIBUTES = Attributes(
    "floatingip",
    (
        ID,
        DESCRIPTION,
        PROJECT,
        Attribute("floating_network_id", uuid, REQUIRED, put=False, column="floating_network_id"),
        Attribute("floating_ip_address", optional(address), put=False, rule=True, column="floating_ip_address"),
        Attribute("subnet_id", optional(uuid), put=False),
        Attribute("port_id", optional(uuid), column="port_id"),
        Attribute("fixed_ip_address", optional(address), column="fixed_ip_address"),
        read_only("router_id", "router_id"),
        read_only("port_details"),
        read_only("status", "status"),
        *STANDARD,
    ),
)

FLOATING_IPS = Resource(
    "floatingips",
    ATTRIBUTES,
    logic,
    floating_ip,
    lambda detail: owned(detail.floating_ip.project_id),
    "floatingips",
    FloatingIPNotFound,
    update=logic.update,
)
routes = FLOATING_IPS.routes()
