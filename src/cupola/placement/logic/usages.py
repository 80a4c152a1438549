"""How much of a provider, or by a project, is used."""

from __future__ import annotations

from collections.abc import Mapping

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.placement.logic.providers import find_in
from cupola.placement.model.provider import Provider
from cupola.placement.store import inventories
from cupola.placement.store import usages as store


def of_provider(ctx: Context, provider_id: str) -> tuple[Provider, Mapping[str, int]]:
    """What is used of each resource class that a provider has. Raises ProviderNotFound."""

    def read(tx: Transaction) -> tuple[Provider, Mapping[str, int]]:
        provider = find_in(tx, provider_id)
        stocks = inventories.stocks(tx, [provider_id]).get(provider_id, {})
        return provider, {name: stock.used for name, stock in stocks.items()}

    return ctx.read("usage.provider", read)


def of_project(ctx: Context, project_id: str, user_id: str | None) -> list[store.Usage]:
    """What the consumers of a project (and user) hold, by consumer type and resource class."""
    return ctx.read("usage.project", lambda tx: store.of_project(tx, project_id, user_id))


def consumers_by_type(ctx: Context, project_id: str, user_id: str | None) -> dict[str, int]:
    """How many consumers of each type a project (and user) has; those of none are "unknown"."""
    return ctx.read("usage.consumers", lambda tx: store.consumers_by_type(tx, project_id, user_id))
