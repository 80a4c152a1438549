"""Endpoints of the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.errors import BadInput
from cupola.base.ids import hex_id
from cupola.identity.errors import Missing, Unknown
from cupola.identity.logic import attributes
from cupola.identity.logic.catalog import filled
from cupola.identity.model.catalog import Endpoint, Region
from cupola.identity.model.listing import Listed, Wanted
from cupola.identity.policies import catalog as policy
from cupola.identity.store import catalog as store

_KNOWN = ("service_id", "region_id", "region", "interface", "url", "enabled")
_PLACEHOLDERS = {"user_id": "u", "project_id": "p", "tenant_id": "p"}


def _known(tx: Transaction, endpoint_id: str) -> Endpoint:
    endpoint = store.endpoint(tx, endpoint_id)
    if endpoint is None:
        raise Unknown("endpoint", endpoint_id)
    return endpoint


def show(ctx: Context, endpoint_id: str) -> Endpoint:
    """Raises Unknown, PolicyForbids."""
    ctx.authorize(policy.GET_ENDPOINT, {})
    return ctx.read("endpoint.show", lambda tx: _known(tx, endpoint_id))


def find(ctx: Context, wanted: Wanted) -> Listed[Endpoint]:
    ctx.authorize(policy.LIST_ENDPOINTS, {})
    return ctx.read("endpoint.list", lambda tx: store.find_endpoints(tx, wanted))


def create(ctx: Context, given: Mapping[str, Any]) -> Endpoint:
    """Raises BadInput, PolicyForbids."""
    ctx.authorize(policy.CREATE_ENDPOINT, {})
    own, extra = attributes.split(given, _KNOWN)
    new_id = hex_id(ctx.ids)

    def body(tx: Transaction) -> Endpoint:
        region_id = (own | _checked(tx, own)).get("region_id")
        enabled = own.get("enabled", True)
        new = Endpoint(new_id, own["service_id"], region_id, own["interface"], own["url"], enabled, extra)
        return store.add_endpoint(tx, new)

    return ctx.transact("endpoint.create", body)


def update(ctx: Context, endpoint_id: str, given: Mapping[str, Any]) -> Endpoint:
    """Raises Unknown, BadInput, PolicyForbids."""
    ctx.authorize(policy.UPDATE_ENDPOINT, {})
    own, extra = attributes.split(given, _KNOWN)

    def body(tx: Transaction) -> Endpoint:
        seen = _known(tx, endpoint_id)
        attributes.unchanged(given, {"id": endpoint_id}, {"id": "ID"})
        changes = own | _checked(tx, own)
        changes.pop("region", None)
        return store.update_endpoint(tx, seen, **changes, extra={**seen.extra, **extra})

    return ctx.transact("endpoint.update", body)


def _checked(tx: Transaction, own: Mapping[str, Any]) -> dict[str, Any]:
    """The region it is to be in: one named the older way is made if need be. Raises BadInput."""
    if "service_id" in own and store.service(tx, own["service_id"]) is None:
        raise Missing("endpoint service_id", "service table")
    if "url" in own and filled(own["url"], _PLACEHOLDERS) is None:
        raise BadInput(f"Cannot create an endpoint with an invalid URL: {own['url']}.")
    if own.get("region_id") is not None and store.region(tx, own["region_id"]) is None:
        raise Missing("endpoint region_id", "region table")
    named = own.get("region")
    if named is None or "region_id" in own:
        return {}
    if store.region(tx, named) is None:
        store.add_region(tx, Region(named))
    return {"region_id": named}


def delete(ctx: Context, endpoint_id: str) -> None:
    """Raises Unknown, PolicyForbids."""
    ctx.authorize(policy.DELETE_ENDPOINT, {})

    def body(tx: Transaction) -> None:
        _known(tx, endpoint_id)
        store.remove_endpoint(tx, endpoint_id)

    ctx.transact("endpoint.delete", body)
