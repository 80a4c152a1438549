"""Regions of the catalog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cupola.base.context import Context
from cupola.base.db.transaction import Duplicate, Transaction
from cupola.base.errors import BadInput
from cupola.base.ids import hex_id
from cupola.identity.errors import Refused, Taken, Unknown
from cupola.identity.logic import attributes
from cupola.identity.model.catalog import Region
from cupola.identity.model.listing import ALL, Filter, Listed, Wanted
from cupola.identity.policies import catalog as policy
from cupola.identity.store import catalog as store

_KNOWN = ("description", "parent_region_id")


def _known(tx: Transaction, region_id: str) -> Region:
    region = store.region(tx, region_id)
    if region is None:
        raise Unknown("region", region_id)
    return region


def show(ctx: Context, region_id: str) -> Region:
    """Raises Unknown."""
    ctx.authorize(policy.GET_REGION, {})
    return ctx.read("region.show", lambda tx: _known(tx, region_id))


def find(ctx: Context, wanted: Wanted) -> Listed[Region]:
    ctx.authorize(policy.LIST_REGIONS, {})
    return ctx.read("region.list", lambda tx: store.find_regions(tx, wanted))


def create(ctx: Context, given: Mapping[str, Any], region_id: str | None = None) -> Region:
    """A region under an id of the client's choice, or a new one. Raises Unknown, Taken, BadInput, PolicyForbids."""
    ctx.authorize(policy.CREATE_REGION, {})
    if region_id is not None and given.get("id", region_id) != region_id:
        raise BadInput(f"Conflicting region IDs specified: {region_id} != {given['id']}")
    own, extra = attributes.split(given, _KNOWN)
    chosen = region_id or given.get("id") or hex_id(ctx.ids)
    new = Region(chosen, own.get("description") or "", own.get("parent_region_id"), extra)

    def body(tx: Transaction) -> Region:
        if new.parent_region_id is not None:
            _known(tx, new.parent_region_id)
        try:
            return store.add_region(tx, new)
        except Duplicate:
            raise Taken("region", f"Duplicate ID, {chosen}.") from None

    return ctx.transact("region.create", body)


def update(ctx: Context, region_id: str, given: Mapping[str, Any]) -> Region:
    """Raises Unknown, BadInput, PolicyForbids."""
    ctx.authorize(policy.UPDATE_REGION, {})
    own, extra = attributes.split(given, _KNOWN)

    def body(tx: Transaction) -> Region:
        seen = _known(tx, region_id)
        attributes.unchanged(given, {"id": region_id}, {"id": "ID"})
        if own.get("parent_region_id") is not None:
            _no_circle(tx, region_id, own["parent_region_id"])
        return store.update_region(tx, seen, **own, extra={**seen.extra, **extra})

    return ctx.transact("region.update", body)


def _no_circle(tx: Transaction, region_id: str, parent_id: str) -> None:
    known = {region.id: region for region in store.find_regions(tx, ALL).rows}
    if parent_id not in known:
        raise Unknown("region", parent_id)
    above: str | None = parent_id
    while above is not None:
        if above == region_id:
            raise BadInput(f"The specified parent region {parent_id} would create a circular region hierarchy.")
        above = known[above].parent_region_id


def delete(ctx: Context, region_id: str) -> None:
    """A region with those below it, if none has endpoints. Raises Unknown, Refused, PolicyForbids."""
    ctx.authorize(policy.DELETE_REGION, {})

    def body(tx: Transaction) -> None:
        _known(tx, region_id)
        doomed = _with_below(store.find_regions(tx, ALL).rows, region_id)
        if any(store.find_endpoints(tx, Wanted((Filter("region_id", one),), limit=1)).rows for one in doomed):
            raise Refused(
                f"Unable to delete region {region_id} because it or its child regions have associated endpoints."
            )
        for one in doomed:
            store.remove_region(tx, one)

    ctx.transact("region.delete", body)


def _with_below(known: Sequence[Region], region_id: str) -> list[str]:
    found = [region_id]
    for above in found:
        found.extend(region.id for region in known if region.parent_region_id == above)
    return found
