"""Claims of the scheduler: a server takes its resources on a host, and gives them back."""

from __future__ import annotations

from collections.abc import Mapping

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.placement.logic.assignments import assign_in
from cupola.placement.model.allocation import Allocation, Consumer
from cupola.placement.store import allocations as store


def claim_in(
    tx: Transaction,
    ctx: Context,
    consumer_id: str,
    provider_id: str,
    resources: Mapping[str, int],
    project_id: str | None = None,
    user_id: str | None = None,
    consumer_type: str = "INSTANCE",
) -> None:
    """Let a consumer hold just `resources` of a provider; what it holds of other providers stays.

    Claiming the same again changes nothing. A new consumer belongs to the given project and user, or the caller's.
    Raises CapacityExceeded (a Conflict, as is all that it raises but ProviderNotFound) when it does not fit any more.
    """
    held = store.held_by(tx, [consumer_id])
    wanted = [Allocation(consumer_id, provider_id, name, amount) for name, amount in resources.items() if amount]
    here = {allocation for allocation in held if allocation.provider_id == provider_id}
    if here == set(wanted):
        return
    assign_in(tx, {consumer_id: [*(one for one in held if one.provider_id != provider_id), *wanted]})
    seen = store.consumer(tx, consumer_id)
    if seen is not None:
        store.touch_consumer(tx, seen)
        return
    project, user = project_id or ctx.project_id or "", user_id or ctx.user_id or ""
    store.add_consumer(tx, Consumer(consumer_id, project, user, consumer_type, 1, tx.now, tx.now))


def release_in(tx: Transaction, ctx: Context, consumer_id: str, provider_id: str | None = None) -> None:
    """Give back what a consumer holds (of one provider, or of all); nothing to give back is fine."""
    held = store.held_by(tx, [consumer_id])
    kept = [one for one in held if provider_id is not None and one.provider_id != provider_id]
    if len(kept) != len(held):
        store.write(tx, consumer_id, held, kept)
    if held and not kept:
        store.remove_consumer(tx, consumer_id)
