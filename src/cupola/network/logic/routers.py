"""Routers: made, changed, deleted, and found; their routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from cupola.base import quota
from cupola.base.context import Context
from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.network.errors import InvalidRoutes, RouterInUse, RouterNotFound, RoutesExhausted
from cupola.network.limits import LIMITS_OF
from cupola.network.logic import gateways
from cupola.network.logic.changes import routers_changed
from cupola.network.logic.hosts import network_host
from cupola.network.logic.scope import owned, permit, project_seen
from cupola.network.model.asked import Asked
from cupola.network.model.query import Query
from cupola.network.model.router import Router, RouterDetail
from cupola.network.store import ports, subnets, tags
from cupola.network.store import routers as store
from cupola.network.store.tables import routers

MOST_ROUTES = 30


def create(ctx: Context, asked: Sequence[Asked]) -> list[RouterDetail]:
    """Make routers, all or none. Raises OverQuota, and what `gateways.change_in` raises."""

    def write(tx: Transaction) -> list[RouterDetail]:
        return store.details(tx, [create_in(tx, ctx, each) for each in asked])

    return ctx.transact("router.create", write)


def create_in(tx: Transaction, ctx: Context, asked: Asked) -> Router:
    project_id = asked["project_id"]
    for rule in ("create_router", *asked.rules):
        ctx.authorize(rule, owned(project_id))
    quota.take(tx, LIMITS_OF, project_id, network__router=1)
    router = add_in(tx, ctx, project_id, asked.values)
    if wanted := asked["external_gateway_info"]:
        return gateways.change_in(tx, ctx, router, wanted)
    if router.host is not None:
        ctx.cloud.operations.outbox.converge(tx, ctx, [(router.host, f"router/{router.id}")])
    return router


def add_in(tx: Transaction, ctx: Context, project_id: str, wanted: Mapping[str, Any]) -> Router:
    """The router itself, without asking policy or quota, and without a gateway."""
    router = Router(
        id=ctx.ids.uuid(),
        generation=1,
        project_id=project_id,
        name=wanted.get("name", ""),
        description=wanted.get("description", ""),
        created_at=tx.now,
        updated_at=tx.now,
        admin_state_up=wanted.get("admin_state_up", True),
        status="ACTIVE",
        enable_snat=True,
        gateway_port_id=None,
        routes=[],
        host=network_host(tx),
    )
    return rows.add(tx, routers, router)


def show(ctx: Context, id_: str) -> RouterDetail:
    """Raises RouterNotFound."""

    def read(tx: Transaction) -> RouterDetail:
        router = seen(tx, ctx, id_, "get_router")
        return store.details(tx, [router])[0]

    return ctx.read("router.show", read)


def seen(tx: Transaction, ctx: Context, id_: str, rule: str, asked: Asked | None = None) -> Router:
    """The router, if the caller may do `rule` to it. Raises RouterNotFound when it is not even seen."""
    router = store.by_id(tx, id_)
    if router is None:
        ctx.marks.authorized = True
        raise RouterNotFound(id_)
    permit(ctx, "get_router", owned(router.project_id), RouterNotFound(id_))
    for each in (rule, *(asked.rules if asked else ())):
        ctx.authorize(each, owned(router.project_id))
    return router


def listed(ctx: Context, query: Query) -> list[RouterDetail]:
    def read(tx: Transaction) -> list[RouterDetail]:
        ctx.authorize("get_router")
        found = store.page(tx, project_seen(ctx), query)
        return store.details(tx, [each for each in found if ctx.may("get_router", owned(each.project_id))])

    return ctx.read("router.list", read)


def update(ctx: Context, id_: str, asked: Asked) -> RouterDetail:
    """Raises RouterNotFound, InvalidRoutes, RoutesExhausted, and what `gateways.change_in` raises."""

    def write(tx: Transaction) -> RouterDetail:
        router = seen(tx, ctx, id_, "update_router", asked)
        if "external_gateway_info" in asked:
            router = gateways.change_in(tx, ctx, router, asked["external_gateway_info"] or {})
        changes = {name: asked[name] for name in ("name", "description", "admin_state_up", "routes") if name in asked}
        if "routes" in changes:
            changes["routes"] = changes["routes"] or []
            require_routes(tx, router, changes["routes"])
        router = rows.update(tx, routers, router, updated_at=tx.now, **changes)
        if changes.keys() & {"admin_state_up", "routes"}:
            routers_changed(tx, ctx, [id_])
        return store.details(tx, [store.by_id(tx, id_) or router])[0]

    return ctx.transact("router.update", write)


def change_routes(ctx: Context, id_: str, given: Sequence[Mapping[str, str]], add: bool) -> RouterDetail:
    """Add routes to a router, or remove them, without regard to its others. Raises as `update`."""

    def write(tx: Transaction) -> RouterDetail:
        router = seen(tx, ctx, id_, "add_extraroutes" if add else "remove_extraroutes")
        others = [dict(route) for route in router.routes if dict(route) not in given]
        wanted = others + [dict(route) for route in given] if add else others
        require_routes(tx, router, wanted)
        router = rows.update(tx, routers, router, updated_at=tx.now, routes=wanted)
        routers_changed(tx, ctx, [id_])
        return store.details(tx, [store.by_id(tx, id_) or router])[0]

    return ctx.transact("router.routes", write)


def require_routes(tx: Transaction, router: Router, routes: Sequence[Mapping[str, str]]) -> None:
    """Each next hop is a neighbour of the router and not the router itself. Raises InvalidRoutes, RoutesExhausted."""
    if len(routes) > MOST_ROUTES:
        raise RoutesExhausted(router.id, MOST_ROUTES)
    addresses = ports.fixed_ips_of(tx, [port.id for port in ports.of_devices(tx, [router.id])])
    fixed = [each for of_port in addresses.values() for each in of_port]
    blocks = [ip_network(subnet.cidr) for subnet in subnets.by_ids(tx, {each.subnet_id for each in fixed}).values()]
    own = {each.ip_address for each in fixed}
    for route in routes:
        hop = ip_address(route["nexthop"])
        if hop.version != ip_network(route["destination"]).version:
            raise InvalidRoutes(list(routes), "the destination and the nexthop are of different IP versions")
        if not any(hop in block for block in blocks if block.version == hop.version):
            raise InvalidRoutes(list(routes), "the nexthop is not connected with router")
        if str(hop) in own:
            raise InvalidRoutes(list(routes), "the nexthop is used by router")


def delete(ctx: Context, id_: str) -> None:
    """Raises RouterNotFound, RouterInUse."""

    def write(tx: Transaction) -> None:
        router = seen(tx, ctx, id_, "delete_router")
        if used := store.interfaces(tx, [id_]):
            raise RouterInUse(id_, [port.id for port in used])
        quota.give(tx, router.project_id, network__router=1)
        router = gateways.change_in(tx, ctx, router, {})
        rows.remove(tx, routers, routers.c.id == id_, routers.c.generation == router.generation, seen=1)
        tags.remove_of(tx, [id_])
        if router.host is not None:
            ctx.cloud.operations.outbox.queue(tx, ctx, router.host, "converge", f"router/{id_}")

    ctx.transact("router.delete", write)
