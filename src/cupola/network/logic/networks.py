"""Networks: made, changed, deleted, and found."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from cupola.base import quota
from cupola.base.context import Context
from cupola.base.db import rows
from cupola.base.db.transaction import Duplicate, Transaction
from cupola.base.errors import StaleWrite
from cupola.network.errors import (
    InvalidSharedSetting,
    NetworkInUse,
    NetworkNotFound,
    NoNetworkAvailable,
    VniInUse,
)
from cupola.network.limits import LIMITS_OF
from cupola.network.logic import deletion
from cupola.network.logic.changes import networks_changed, routers_changed
from cupola.network.logic.scope import of_network, owned, permit, project_seen
from cupola.network.model.asked import Asked
from cupola.network.model.network import OVERLAY, OVERLAY_MTU, PHYSICAL_MTU, VNI_MAX, Network, NetworkDetail
from cupola.network.model.query import Query
from cupola.network.store import networks as store
from cupola.network.store import ports, routers
from cupola.network.store.tables import networks

COLUMNS: Mapping[str, str] = {
    "name": "name",
    "description": "description",
    "admin_state_up": "admin_state_up",
    "shared": "shared",
    "router:external": "external",
    "is_default": "is_default",
    "port_security_enabled": "port_security_enabled",
    "mtu": "mtu",
}
"""Attributes that are a column each."""


def create(ctx: Context, asked: Sequence[Asked]) -> list[NetworkDetail]:
    """Make networks, all or none. Raises OverQuota, VniInUse, NoNetworkAvailable."""
    return ctx.transact("network.create", lambda tx: store.details(tx, [create_in(tx, ctx, each) for each in asked]))


def create_in(tx: Transaction, ctx: Context, asked: Asked) -> Network:
    project_id = asked["project_id"]
    target = owned(project_id) | {"shared": asked["shared"], "router:external": asked["router:external"]}
    for rule in ("create_network", *asked.rules):
        ctx.authorize(rule, target)
    quota.take(tx, LIMITS_OF, project_id, network__network=1)
    return add_in(tx, ctx, project_id, asked.values)


def add_in(tx: Transaction, ctx: Context, project_id: str, wanted: Mapping[str, Any]) -> Network:
    """The network itself, without asking policy or quota."""
    id_ = ctx.ids.uuid()
    network_type = wanted.get("provider:network_type") or OVERLAY
    network = Network(
        id=id_,
        generation=1,
        project_id=project_id,
        name=wanted.get("name", ""),
        description=wanted.get("description", ""),
        created_at=tx.now,
        updated_at=tx.now,
        revision=1,
        admin_state_up=wanted.get("admin_state_up", True),
        shared=wanted.get("shared", False),
        external=wanted.get("router:external", False),
        is_default=wanted.get("is_default", False),
        port_security_enabled=wanted.get("port_security_enabled", True),
        mtu=wanted.get("mtu") or _usual_mtu(network_type),
        network_type=network_type,
        physical_network=wanted.get("provider:physical_network"),
        segmentation_id=_segment(tx, id_, network_type, wanted.get("provider:segmentation_id")),
    )
    try:
        return rows.add(tx, networks, network)
    except Duplicate as error:
        raise StaleWrite("tunnel", network.segmentation_id) from error


def _usual_mtu(network_type: str) -> int:
    return OVERLAY_MTU if network_type == OVERLAY else PHYSICAL_MTU


def _segment(tx: Transaction, id_: str, network_type: str, wanted: int | None) -> int | None:
    """The tunnel's number: the one asked for, else a free one that follows from the network's id."""
    if network_type != OVERLAY:
        return wanted
    if wanted is not None:
        if store.vni_taken(tx, network_type, [wanted]):
            raise VniInUse(wanted)
        return wanted
    start = int.from_bytes(hashlib.sha256(id_.encode()).digest()[:8])
    candidates = [1 + (start + step) % VNI_MAX for step in range(64)]
    taken = store.vni_taken(tx, network_type, candidates)
    free = next((vni for vni in candidates if vni not in taken), None)
    if free is None:
        raise NoNetworkAvailable
    return free


def show(ctx: Context, id_: str) -> NetworkDetail:
    """Raises NetworkNotFound."""

    def read(tx: Transaction) -> NetworkDetail:
        network = seen(tx, ctx, id_)
        permit(ctx, "get_network", of_network(network), NetworkNotFound(id_))
        return store.details(tx, [network])[0]

    return ctx.read("network.show", read)


def seen(tx: Transaction, ctx: Context, id_: str) -> Network:
    """The network, if the caller may see it. Raises NetworkNotFound."""
    network = store.by_id(tx, id_)
    if network is None or not ctx.may("get_network", of_network(network)):
        ctx.marks.authorized = True
        raise NetworkNotFound(id_)
    return network


def listed(ctx: Context, query: Query) -> list[NetworkDetail]:
    def read(tx: Transaction) -> list[NetworkDetail]:
        ctx.authorize("get_network")
        found = store.page(tx, project_seen(ctx), query)
        return store.details(tx, [each for each in found if ctx.may("get_network", of_network(each))])

    return ctx.read("network.list", read)


def update(ctx: Context, id_: str, asked: Asked) -> NetworkDetail:
    """Raises NetworkNotFound, InvalidSharedSetting, NetworkInUse."""

    def write(tx: Transaction) -> NetworkDetail:
        network = seen(tx, ctx, id_)
        permit(ctx, "update_network", of_network(network), NetworkNotFound(id_), asked)
        return store.details(tx, [update_in(tx, ctx, network, asked)])[0]

    return ctx.transact("network.update", write)


def update_in(tx: Transaction, ctx: Context, network: Network, asked: Asked) -> Network:
    changes = {column: asked[name] for name, column in COLUMNS.items() if name in asked}
    if changes.get("mtu") == 0:
        changes["mtu"] = _usual_mtu(network.network_type)
    if network.shared and changes.get("shared") is False:
        _require_unshared(tx, network)
    if network.external and changes.get("external") is False and routers.on_networks(tx, [network.id]):
        raise NetworkInUse(network.id)
    updated = rows.update(tx, networks, network, revision=network.revision + 1, updated_at=tx.now, **changes)
    if changes.keys() & {"mtu", "admin_state_up", "external", "port_security_enabled"}:
        networks_changed(tx, ctx, [network.id])
        routers_changed(tx, ctx, routers.on_networks(tx, [network.id]))
    return updated


def _require_unshared(tx: Transaction, network: Network) -> None:
    others = [port for port in ports.of_networks(tx, [network.id]) if port.project_id not in (network.project_id, "")]
    if others:
        raise InvalidSharedSetting(network.name)


def delete(ctx: Context, id_: str) -> None:
    """Raises NetworkNotFound, NetworkInUse."""

    def write(tx: Transaction) -> None:
        network = seen(tx, ctx, id_)
        permit(ctx, "delete_network", of_network(network), NetworkNotFound(id_))
        deletion.network_in(tx, ctx, network)

    ctx.transact("network.delete", write)
