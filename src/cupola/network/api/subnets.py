"""Subnets: `/v2.0/subnets`."""

from __future__ import annotations

from cupola.network.api.attributes import (
    DESCRIPTION,
    ID,
    NAME,
    PROJECT,
    REQUIRED,
    STANDARD,
    Attribute,
    Attributes,
    read_only,
)
from cupola.network.api.checks import (
    address,
    block,
    boolean,
    each,
    integer_of,
    mapping,
    none_or_more,
    one_of,
    optional,
    uuid,
)
from cupola.network.api.resource import Resource
from cupola.network.api.views.subnets import subnet
from cupola.network.errors import SubnetNotFound
from cupola.network.logic import subnets as logic
from cupola.network.logic.scope import of_subnet
from cupola.network.model.subnet import AUTOMATIC_GATEWAY

_POOL = mapping({"start": address, "end": address})
_ROUTE = mapping({"destination": block, "nexthop": address})
_MODE = optional(one_of("dhcpv6-stateful", "dhcpv6-stateless", "slaac"))

ATTRIBUTES = Attributes(
    "subnet",
    (
        ID,
        NAME,
        DESCRIPTION,
        PROJECT,
        Attribute("network_id", uuid, REQUIRED, put=False, column="network_id"),
        Attribute("ip_version", integer_of(4, 6), REQUIRED, put=False, column="ip_version", parse=int),
        Attribute("cidr", optional(block), put=False, column="cidr"),
        Attribute("gateway_ip", optional(address), AUTOMATIC_GATEWAY, column="gateway_ip"),
        Attribute("enable_dhcp", boolean, True, column="enable_dhcp", parse=boolean),
        Attribute("allocation_pools", each(_POOL)),
        Attribute("dns_nameservers", none_or_more(address, most=5), []),
        Attribute("host_routes", none_or_more(_ROUTE, most=20), []),
        Attribute("ipv6_ra_mode", _MODE, put=False, column="ipv6_ra_mode"),
        Attribute("ipv6_address_mode", _MODE, put=False, column="ipv6_address_mode"),
        read_only("subnetpool_id"),
        read_only("service_types"),
        read_only("router:external"),
        *STANDARD,
    ),
)

SUBNETS = Resource("subnets", ATTRIBUTES, logic, subnet, of_subnet, "subnets", SubnetNotFound, update=logic.update)
routes = SUBNETS.routes()
