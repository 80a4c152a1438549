"""Extensions: `/v2.0/extensions` names what of this API is there beyond networks, subnets and ports."""

from __future__ import annotations

from typing import Any

from cupola.base.http.request import Request
from cupola.base.http.response import Response, ok
from cupola.base.http.routes import Routes
from cupola.network.errors import ExtensionNotFound

routes = Routes()

_EXTENSIONS = {
    "agent": ("agent", "Hosts of the network and what they do."),
    "allowed-address-pairs": ("Allowed Address Pairs", "Further addresses that a port may use."),
    "availability_zone": ("Availability Zone", "Zones of network hosts."),
    "binding": ("Port Binding", "Where and how a port is plugged."),
    "empty-string-filtering": ("Empty String Filtering Extension", "Filters by an empty text."),
    "ext-gw-mode": ("Neutron L3 Configurable external gateway mode", "Gateways with and without SNAT."),
    "external-net": ("Neutron external network", "Networks that lead outside."),
    "extraroute": ("Neutron Extra Route", "Routes of routers."),
    "extraroute-atomic": ("Atomically add/remove extra routes", "Routes added and removed one by one."),
    "filter-validation": ("Filter parameters validation", "Filters that are not known are refused."),
    "fip-port-details": ("Floating IP Port Details Extension", "The port that a floating IP leads to."),
    "ip-substring-filtering": ("IP address substring filtering", "Ports by a part of their address."),
    "net-mtu": ("Network MTU", "The MTU of networks."),
    "net-mtu-writable": ("Network MTU (writable)", "The MTU of networks can be set."),
    "network_availability_zone": ("Network Availability Zone", "Zones of networks."),
    "pagination": ("Pagination support", "Lists in pages."),
    "port-security": ("Port Security", "Ports with and without protection from spoofing."),
    "port-security-groups-filtering": ("Port filtering on security groups", "Ports by their security groups."),
    "project-id": ("project_id field enabled", "Owners are called project_id."),
    "provider": ("Provider Network", "How networks are carried."),
    "quota-check-limit": ("Quota engine limit check", "Limits below what is used are refused."),
    "quota-check-limit-default": ("Quota engine limit check by default", "They are, unless it is forced."),
    "quota_details": ("Quota details management support", "Quotas with what is used of them."),
    "quotas": ("Quota management support", "Quotas of projects."),
    "router": ("Neutron L3 Router", "Routers and floating IPs."),
    "router_availability_zone": ("Router Availability Zone", "Zones of routers."),
    "security-group": ("security-group", "Security groups and their rules."),
    "security-groups-normalized-cidr": ("Normalized CIDR field for security group rules", "Prefixes of rules in full."),
    "security-groups-rules-belongs-to-default-sg": (
        "Security group rule belongs to the project's default security group",
        "Which rules are of a default group.",
    ),
    "security-groups-shared-filtering": ("Security group filtering on the shared field", "Groups by being shared."),
    "service-type": ("Neutron Service Type Management", "Providers of services."),
    "sorting": ("Sorting support", "Lists in order."),
    "standard-attr-description": ("standard-attr-description", "Descriptions."),
    "standard-attr-revisions": ("Resource revision numbers", "Revision numbers."),
    "standard-attr-tag": ("Tag support for resources with standard attribute", "Tags."),
    "standard-attr-timestamp": ("Resource timestamps", "Times of making and changing."),
    "subnet-external-network": ("Subnet belongs to an external network", "Which subnets lead outside."),
    "tag-creation": ("Tag creation extension", "Several tags added at once."),
}
"""Alias → name, description. Only what works is here: clients decide by it what they ask for."""
_UPDATED = "2026-01-01T00:00:00-00:00"


def _extension(alias: str) -> dict[str, Any]:
    name, description = _EXTENSIONS[alias]
    return {"alias": alias, "name": name, "description": description, "updated": _UPDATED, "links": []}


@routes.get("/v2.0/extensions", rule="regular_user")
def index(request: Request) -> Response:
    request.ctx.authorize("regular_user")
    return ok({"extensions": [_extension(alias) for alias in _EXTENSIONS]})


@routes.get("/v2.0/extensions/{alias}", rule="regular_user")
def show(request: Request) -> Response:
    request.ctx.authorize("regular_user")
    if request["alias"] not in _EXTENSIONS:
        raise ExtensionNotFound(request["alias"])
    return ok({"extension": _extension(request["alias"])})
