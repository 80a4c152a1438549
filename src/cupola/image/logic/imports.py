"""Staged bytes become an image's own."""

from __future__ import annotations

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.image.errors import NotStaged
from cupola.image.logic.access import demand, demand_owned, find
from cupola.image.logic.upload import activate_in
from cupola.image.policies import images as policies


def import_staged(ctx: Context, image_id: str) -> None:
    """Make a staged image active: its bytes were judged and digested when they came, so nothing is left to wait for.

    Raises ImageNotFound, PolicyForbids, NotStaged.
    """

    def write(tx: Transaction) -> None:
        image = find(tx, ctx, image_id, lock=True)
        demand(ctx, policies.MODIFY, image)
        demand_owned(ctx, image)
        if not image.is_staged:
            raise NotStaged(image_id, image.status)
        activate_in(tx, ctx, image)

    ctx.transact("image.import", write)
