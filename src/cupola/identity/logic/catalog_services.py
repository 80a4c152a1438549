"""Services of the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.ids import hex_id
from cupola.identity.errors import Unknown
from cupola.identity.logic import attributes
from cupola.identity.model.catalog import CatalogService
from cupola.identity.model.listing import Listed, Wanted
from cupola.identity.policies import catalog as policy
from cupola.identity.store import catalog as store

_KNOWN = ("type", "name", "enabled")


def _known(tx: Transaction, service_id: str) -> CatalogService:
    service = store.service(tx, service_id)
    if service is None:
        raise Unknown("service", service_id)
    return service


def show(ctx: Context, service_id: str) -> CatalogService:
    """Raises Unknown, PolicyForbids."""
    ctx.authorize(policy.GET_SERVICE, {})
    return ctx.read("service.show", lambda tx: _known(tx, service_id))


def find(ctx: Context, wanted: Wanted) -> Listed[CatalogService]:
    ctx.authorize(policy.LIST_SERVICES, {})
    return ctx.read("service.list", lambda tx: store.find_services(tx, wanted))


def create(ctx: Context, given: Mapping[str, Any]) -> CatalogService:
    """Raises PolicyForbids."""
    ctx.authorize(policy.CREATE_SERVICE, {})
    own, extra = attributes.split(given, _KNOWN)
    new = CatalogService(hex_id(ctx.ids), own["type"], own.get("name"), own.get("enabled", True), extra)
    return ctx.transact("service.create", lambda tx: store.add_service(tx, new))


def update(ctx: Context, service_id: str, given: Mapping[str, Any]) -> CatalogService:
    """Raises Unknown, BadInput, PolicyForbids."""
    ctx.authorize(policy.UPDATE_SERVICE, {})
    own, extra = attributes.split(given, _KNOWN)

    def body(tx: Transaction) -> CatalogService:
        seen = _known(tx, service_id)
        attributes.unchanged(given, {"id": service_id}, {"id": "ID"})
        return store.update_service(tx, seen, **own, extra={**seen.extra, **extra})

    return ctx.transact("service.update", body)


def delete(ctx: Context, service_id: str) -> None:
    """A service with its endpoints. Raises Unknown, PolicyForbids."""
    ctx.authorize(policy.DELETE_SERVICE, {})

    def body(tx: Transaction) -> None:
        _known(tx, service_id)
        store.remove_service(tx, service_id)

    ctx.transact("service.delete", body)
