"""Ports: `/v2.0/ports`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cupola.base.http.request import Request
from cupola.network.api.attributes import (
    ADMIN_STATE,
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
    Wrong,
    address,
    boolean,
    each,
    mac,
    mapping,
    none_or_more,
    one_of,
    optional,
    prefix,
    text,
    uuid,
)
from cupola.network.api.resource import Resource
from cupola.network.api.views.ports import port
from cupola.network.errors import HTTPBadRequest, PortNotFound
from cupola.network.logic import ports as logic
from cupola.network.logic.scope import of_port
from cupola.network.model.port import PortDetail
from cupola.network.model.query import Query

_PAIR_KEYS = {"ip_address": prefix}


def _fixed_ip(value: Any) -> dict[str, str]:
    try:
        found: dict[str, str] = mapping({}, {"subnet_id": uuid, "ip_address": address})(value)
    except Wrong as error:
        raise Wrong(f"Invalid data format for fixed IP: '{value}': {error}") from error
    return found


def _pair(value: Any) -> dict[str, str]:
    found: dict[str, str] = mapping(_PAIR_KEYS, {"mac_address": mac})(value)
    single = found["ip_address"].removesuffix("/32").removesuffix("/128")
    return found | {"ip_address": single}


def _profile(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Wrong(f"'{value}' is not a dictionary")
    return value


ATTRIBUTES = Attributes(
    "port",
    (
        ID,
        NAME,
        DESCRIPTION,
        PROJECT,
        ADMIN_STATE,
        Attribute("network_id", uuid, REQUIRED, put=False, column="network_id"),
        Attribute("mac_address", mac, rule=True, column="mac_address", parse=str.lower),
        Attribute("fixed_ips", optional(each(_fixed_ip, distinct=False)), rule=True, parts=("ip_address", "subnet_id")),
        Attribute("device_id", text(), "", rule=True, column="device_id"),
        Attribute("device_owner", text(), "", rule=True, column="device_owner"),
        Attribute("security_groups", optional(each(uuid))),
        Attribute("allowed_address_pairs", none_or_more(_pair, most=10), [], rule=True),
        read_only("extra_dhcp_opts"),
        Attribute("port_security_enabled", boolean, rule=True, column="port_security_enabled", parse=boolean),
        Attribute("binding:host_id", optional(text()), rule=True, secret=True, column="host"),
        Attribute("binding:profile", optional(_profile), {}, rule=True, secret=True),
        Attribute("binding:vnic_type", one_of("normal"), "normal", rule=True, column="vnic_type"),
        read_only("binding:vif_type", secret=True),
        read_only("binding:vif_details", secret=True),
        read_only("status", "status"),
        *STANDARD,
    ),
)


def _listed(request: Request, query: Query) -> Sequence[PortDetail]:
    found: dict[str, list[str]] = {"addresses": [], "address_parts": [], "subnet_ids": []}
    names = {"ip_address": "addresses", "ip_address_substr": "address_parts", "subnet_id": "subnet_ids"}
    for value in request.query.get("fixed_ips", ()):
        name, equals, wanted = value.partition("=")
        if not equals or name not in names:
            raise HTTPBadRequest(f"Invalid input for operation: '{value}' is not a filter of fixed_ips.")
        found[names[name]].append(wanted)
    return logic.listed(request.ctx, query, **found, group_ids=request.query.get("security_groups", ()))


PORTS = Resource(
    "ports",
    ATTRIBUTES,
    logic,
    port,
    of_port,
    "ports",
    PortNotFound,
    update=logic.update,
    filters=("fixed_ips", "security_groups"),
    listed=_listed,
)
routes = PORTS.routes()
