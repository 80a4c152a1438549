"""Subnets: made, changed, deleted, and found. The first one with DHCP brings the network's DHCP port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_network
from itertools import pairwise
from typing import Any

from cupola.base import quota
from cupola.base.context import Context
from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.network.errors import (
    BadRequest,
    GatewayConflictWithAllocationPools,
    GatewayIpInUse,
    InvalidAllocationPool,
    InvalidInput,
    NetworkNotFound,
    OutOfBoundsAllocationPool,
    OverlappingAllocationPools,
    SubnetInUse,
    SubnetNotFound,
)
from cupola.network.limits import LIMITS_OF
from cupola.network.logic import dhcp, networks
from cupola.network.logic.changes import networks_changed, routers_changed
from cupola.network.logic.scope import of_subnet, permit, project_seen
from cupola.network.model.asked import Asked
from cupola.network.model.network import Network
from cupola.network.model.query import Query
from cupola.network.model.subnet import AUTOMATIC_GATEWAY, Subnet, SubnetDetail, first_address, pools_of
from cupola.network.store import networks as network_store
from cupola.network.store import routers, security_groups, tags
from cupola.network.store import subnets as store
from cupola.network.store.tables import subnets

CHANGEABLE = (
    "name", "description", "gateway_ip", "enable_dhcp", "allocation_pools", "dns_nameservers", "host_routes",
)  # fmt: skip

_FEWEST = 4
"""Addresses that a subnet with DHCP needs."""


def create(ctx: Context, asked: Sequence[Asked]) -> list[SubnetDetail]:
    """Make subnets, all or none. Raises NetworkNotFound, OverQuota, and what `add_in` raises."""

    def write(tx: Transaction) -> list[SubnetDetail]:
        return store.details(tx, [create_in(tx, ctx, each) for each in asked])

    return ctx.transact("subnet.create", write)


def create_in(tx: Transaction, ctx: Context, asked: Asked) -> Subnet:
    network = networks.seen(tx, ctx, asked["network_id"])
    target = {
        "project_id": asked["project_id"],
        "tenant_id": asked["project_id"],
        "network:project_id": network.project_id,
        "network:tenant_id": network.project_id,
        "shared": network.shared,
        "router:external": network.external,
    }
    for rule in ("create_subnet", *asked.rules):
        ctx.authorize(rule, target)
    quota.take(tx, LIMITS_OF, asked["project_id"], network__subnet=1)
    return add_in(tx, ctx, network, asked["project_id"], asked.values)


def add_in(tx: Transaction, ctx: Context, network: Network, project_id: str, wanted: Mapping[str, Any]) -> Subnet:
    """The subnet itself, without asking policy or quota.

    Raises InvalidInput (the address block overlaps another, or is none), and the errors of allocation pools.
    """
    cidr = _block(wanted)
    gateway = wanted.get("gateway_ip", AUTOMATIC_GATEWAY)
    if gateway == AUTOMATIC_GATEWAY:
        gateway = first_address(cidr)
    _require_gateway(gateway, wanted["ip_version"])
    pools = wanted.get("allocation_pools")
    if pools is None:
        pools = pools_of(cidr, gateway)
    _require_pools(pools, cidr, gateway)
    network_store.revise(tx, network.id)
    _require_apart(tx, network.id, cidr)
    dhcp_on = wanted.get("enable_dhcp", True)
    subnet = Subnet(
        id=ctx.ids.uuid(),
        generation=1,
        project_id=project_id,
        name=wanted.get("name", ""),
        description=wanted.get("description", ""),
        created_at=tx.now,
        updated_at=tx.now,
        network_id=network.id,
        ip_version=wanted["ip_version"],
        cidr=cidr,
        gateway_ip=gateway,
        enable_dhcp=dhcp_on,
        ipv6_ra_mode=wanted.get("ipv6_ra_mode"),
        ipv6_address_mode=wanted.get("ipv6_address_mode"),
        allocation_pools=pools,
        dns_nameservers=list(wanted.get("dns_nameservers") or []),
        host_routes=list(wanted.get("host_routes") or []),
    )
    _require_modes(subnet)
    rows.add(tx, subnets, subnet)
    if not dhcp.serve_in(tx, ctx, network):
        networks_changed(tx, ctx, [network.id])
    return subnet


def _block(wanted: Mapping[str, Any]) -> str:
    cidr, version = wanted.get("cidr"), wanted["ip_version"]
    if cidr is None:
        raise BadRequest("subnets", "a subnetpool must be specified in the absence of a cidr")
    block = ip_network(cidr)
    if block.version != version:
        raise InvalidInput(f"cidr {cidr} does not match the ip_version '{version}'")
    if wanted.get("enable_dhcp", True) and block.num_addresses < _FEWEST:
        raise InvalidInput("Subnet has a prefix length that is incompatible with DHCP service enabled")
    return str(block)


def _require_apart(tx: Transaction, network_id: str, cidr: str) -> None:
    block = ip_network(cidr)
    for other in store.of_network(tx, network_id):
        if other.block.overlaps(block):
            raise InvalidInput(
                f"Requested subnet with cidr: {cidr} for network: {network_id} overlaps with another subnet"
            )


def _require_gateway(gateway: str | None, version: int) -> None:
    if gateway is not None and ip_address(gateway).version != version:
        raise InvalidInput(f"gateway_ip '{gateway}' does not match the ip_version '{version}'")


def _require_modes(subnet: Subnet) -> None:
    modes = [mode for mode in (subnet.ipv6_ra_mode, subnet.ipv6_address_mode) if mode]
    if modes and subnet.ip_version == 4:
        raise InvalidInput("ipv6_ra_mode or ipv6_address_mode cannot be set when ip_version is not 6")
    if modes and not subnet.enable_dhcp:
        raise InvalidInput("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False")
    if len(set(modes)) > 1:
        raise InvalidInput(
            f"ipv6_ra_mode set to '{modes[0]}' with ipv6_address_mode set to '{modes[1]}' is not valid. "
            "If both attributes are set, they must be the same value"
        )
    if subnet.automatic and subnet.block.prefixlen != 64:
        raise InvalidInput(
            f"Invalid CIDR {subnet.cidr} for IPv6 address mode. OpenStack uses the EUI-64 address format"
        )


def _require_pools(pools: Sequence[Mapping[str, str]], cidr: str, gateway: str | None) -> None:
    block, spans = ip_network(cidr), []
    for pool in pools:
        start, end = ip_address(pool["start"]), ip_address(pool["end"])
        if start.version != block.version or end.version != block.version or int(end) < int(start):
            raise InvalidAllocationPool(pool["start"], pool["end"])
        if start not in block or end not in block:
            raise OutOfBoundsAllocationPool(f"{start}-{end}", cidr)
        if gateway is not None and int(start) <= int(ip_address(gateway)) <= int(end):
            raise GatewayConflictWithAllocationPools(gateway, f"{start}-{end}")
        spans.append((int(start), int(end), f"{start}-{end}"))
    spans.sort()
    for one, other in pairwise(spans):
        if other[0] <= one[1]:
            raise OverlappingAllocationPools(one[2], other[2], cidr)


def show(ctx: Context, id_: str) -> SubnetDetail:
    """Raises SubnetNotFound."""

    def read(tx: Transaction) -> SubnetDetail:
        detail = _detail(tx, id_)
        permit(ctx, "get_subnet", of_subnet(detail), SubnetNotFound(id_))
        return detail

    return ctx.read("subnet.show", read)


def _detail(tx: Transaction, id_: str) -> SubnetDetail:
    subnet = store.by_id(tx, id_)
    if subnet is None:
        tx.ctx.marks.authorized = True
        raise SubnetNotFound(id_)
    return store.details(tx, [subnet])[0]


def listed(ctx: Context, query: Query) -> list[SubnetDetail]:
    def read(tx: Transaction) -> list[SubnetDetail]:
        ctx.authorize("get_subnet")
        found = store.details(tx, store.page(tx, project_seen(ctx), query))
        return [each for each in found if ctx.may("get_subnet", of_subnet(each))]

    return ctx.read("subnet.list", read)


def update(ctx: Context, id_: str, asked: Asked) -> SubnetDetail:
    """Raises SubnetNotFound, InvalidInput, GatewayIpInUse, and the errors of allocation pools."""

    def write(tx: Transaction) -> SubnetDetail:
        detail = _detail(tx, id_)
        permit(ctx, "update_subnet", of_subnet(detail), SubnetNotFound(id_), asked)
        if "enable_dhcp" in asked:  # DHCP's port is counted, and quota is locked first
            quota.hold(tx, detail.network_project_id)
        return store.details(tx, [update_in(tx, ctx, detail.subnet, asked)])[0]

    return ctx.transact("subnet.update", write)


def update_in(tx: Transaction, ctx: Context, subnet: Subnet, asked: Asked) -> Subnet:
    changes = {name: asked[name] for name in CHANGEABLE if name in asked}
    gateway = changes.get("gateway_ip", subnet.gateway_ip)
    if gateway != subnet.gateway_ip:
        _require_gateway(gateway, subnet.ip_version)
        holder = store.holder(tx, subnet.id, subnet.gateway_ip) if subnet.gateway_ip else None
        if holder is not None:
            raise GatewayIpInUse(str(subnet.gateway_ip), holder)
    _require_pools(changes.get("allocation_pools", subnet.allocation_pools), subnet.cidr, gateway)
    updated = rows.update(tx, subnets, subnet, updated_at=tx.now, **changes)
    _require_modes(updated)
    if changes.keys() - {"name", "description"}:
        network_store.revise(tx, subnet.network_id)
        network = network_store.by_id(tx, subnet.network_id)
        if network is None:
            raise NetworkNotFound(subnet.network_id)
        if not dhcp.serve_in(tx, ctx, network):
            networks_changed(tx, ctx, [network.id])
        routers_changed(tx, ctx, routers.on_networks(tx, [network.id]))
    return updated


def delete(ctx: Context, id_: str) -> None:
    """Raises SubnetNotFound, SubnetInUse."""

    def write(tx: Transaction) -> None:
        detail = _detail(tx, id_)
        permit(ctx, "delete_subnet", of_subnet(detail), SubnetNotFound(id_))
        quota.give(tx, detail.subnet.project_id, network__subnet=1)
        delete_in(tx, ctx, detail.subnet)

    ctx.transact("subnet.delete", write)


def delete_in(tx: Transaction, ctx: Context, subnet: Subnet) -> None:
    network_store.revise(tx, subnet.network_id)
    if store.in_use(tx, subnet.id, automatic=subnet.automatic):
        raise SubnetInUse(subnet.id)
    groups = security_groups.of_subnet(tx, subnet.id)
    store.free_idle(tx, subnet.id, automatic=subnet.automatic)
    rows.remove(tx, subnets, subnets.c.id == subnet.id, seen=1)
    tags.remove_all(tx, subnet.id)
    network = network_store.by_id(tx, subnet.network_id)
    if network is not None and (not dhcp.serve_in(tx, ctx, network) or groups):
        networks_changed(tx, ctx, [network.id], groups)
