"""Hosts as providers: what an agent says its host has becomes inventory."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.placement.model.inventory import Inventory, Offer
from cupola.placement.model.provider import Provider
from cupola.placement.store import inventories, providers


def provide_in(
    tx: Transaction,
    ctx: Context,
    host: str,
    offers: Mapping[str, Offer],
    traits: Collection[str] = (),
    provider_id: str | None = None,
) -> str:
    """Make or bring up to date the provider of a host (`provider_id`, or else the one named like it); returns its id.

    Totals follow the host. Ratios and reservations stay as they are once the provider is there: they are the
    operator's to change. So do inventories of classes that the host says nothing of while they are in use, those of
    custom classes, and custom traits.
    """
    provider = providers.find(tx, provider_id, lock=True) if provider_id else providers.named(tx, host)
    if provider is None:
        made = provider_id or ctx.ids.uuid()
        provider = providers.insert_provider(tx, Provider(made, host, made, None, 0, tx.now, tx.now))
    before = inventories.of(tx, provider.id)
    used = inventories.used(tx, [provider.id]).get(provider.id, {})
    kept = [one for name, one in before.items() if name not in offers and (name.startswith("CUSTOM_") or name in used)]
    offered = [_offered(provider.id, name, offer, before.get(name)) for name, offer in offers.items()]
    known = providers.traits_of(tx, [provider.id]).get(provider.id, set())
    custom = {name for name in known if name.startswith("CUSTOM_")}
    changed = inventories.write(tx, before, [*kept, *offered])
    if providers.set_traits(tx, provider.id, known, {*traits, *custom}) or changed:
        providers.touch(tx, provider)
    return provider.id


def withdraw_in(tx: Transaction, provider_id: str) -> None:
    """Remove a host's provider with all that it offers; none being there is fine. Nobody may hold anything of it."""
    providers.remove_provider(tx, provider_id)


def _offered(provider_id: str, name: str, offer: Offer, before: Inventory | None) -> Inventory:
    reserved, ratio = (before.reserved, before.allocation_ratio) if before else (offer.reserved, offer.allocation_ratio)
    return Inventory(
        provider_id, name, offer.total, min(reserved, offer.total), max_unit=offer.total, allocation_ratio=ratio
    )
