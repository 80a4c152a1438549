"""Tags of networks, subnets, ports, security groups, routers and floating IPs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.errors import NotFound
from cupola.network.errors import (
    FloatingIPNotFound,
    InvalidInput,
    NetworkNotFound,
    PortNotFound,
    RouterNotFound,
    SecurityGroupNotFound,
    SubnetNotFound,
    TagNotFound,
)
from cupola.network.logic.scope import Target, of_network, of_port, of_subnet, owned, permit
from cupola.network.store import floating_ips, networks, ports, routers, security_groups, subnets
from cupola.network.store import tags as store

MOST = 50
"""tags that one thing has at most"""


@dataclass(frozen=True)
class _Kind:
    """A kind of thing that has tags: its name in rules, how it is found, what policy is told of it."""

    name: str
    find: Callable[[Transaction, str], Any]
    target: Callable[[Transaction, Any], Target]
    missing: Callable[[str], NotFound]


def _owned(_tx: Transaction, found: Any) -> Target:
    return owned(found.project_id)


_KINDS: Mapping[str, _Kind] = {
    "networks": _Kind("network", networks.by_id, lambda tx, found: of_network(found), NetworkNotFound),
    "subnets": _Kind(
        "subnet", subnets.by_id, lambda tx, found: of_subnet(subnets.details(tx, [found])[0]), SubnetNotFound
    ),
    "ports": _Kind("port", ports.by_id, lambda tx, found: of_port(ports.details(tx, [found])[0]), PortNotFound),
    "security-groups": _Kind("security_group", security_groups.by_id, _owned, SecurityGroupNotFound),
    "routers": _Kind("router", routers.by_id, _owned, RouterNotFound),
    "floatingips": _Kind("floatingip", floating_ips.by_id, _owned, FloatingIPNotFound),
}
COLLECTIONS = tuple(_KINDS)


def _reach(tx: Transaction, ctx: Context, collection: str, id_: str, verb: str) -> None:
    """Go on only if the caller may `verb` the tags of the thing. Raises its NotFound."""
    kind = _KINDS[collection]
    found = kind.find(tx, id_)
    if found is None:
        ctx.marks.authorized = True
        raise kind.missing(id_)
    target = kind.target(tx, found)
    permit(ctx, f"get_{kind.name}", target, kind.missing(id_))
    ctx.authorize(f"{verb}_{kind.name}:tags", target)


def show(ctx: Context, collection: str, id_: str) -> list[str]:
    def read(tx: Transaction) -> list[str]:
        _reach(tx, ctx, collection, id_, "get")
        return list(store.tags_of(tx, [id_]).get(id_, ()))

    return ctx.read("tags.show", read)


def has(ctx: Context, collection: str, id_: str, tag: str) -> None:
    """Raises TagNotFound."""
    if tag not in show(ctx, collection, id_):
        raise TagNotFound(tag)


def change(ctx: Context, collection: str, id_: str, names: Sequence[str], keep: bool) -> list[str]:
    """Give a thing these tags, besides those it has (`keep`) or instead; returns all then. Raises InvalidInput."""

    def write(tx: Transaction) -> list[str]:
        _reach(tx, ctx, collection, id_, "update")
        kept = store.tags_of(tx, [id_]).get(id_, ()) if keep else ()
        if len({*names, *kept}) > MOST:
            raise InvalidInput(f"A {_KINDS[collection].name} has {MOST} tags at most")
        if not keep:
            store.remove_all(tx, id_)
        store.add(tx, id_, set(names) - set(kept))
        return sorted({*names, *kept})

    return ctx.transact("tags.change", write)


def remove(ctx: Context, collection: str, id_: str, tag: str | None) -> None:
    """Take one tag away, or all (None). Raises TagNotFound."""

    def write(tx: Transaction) -> None:
        _reach(tx, ctx, collection, id_, "delete")
        if tag is None:
            store.remove_all(tx, id_)
        elif not store.remove_one(tx, id_, tag):
            raise TagNotFound(tag)

    ctx.transact("tags.remove", write)
