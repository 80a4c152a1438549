"""Deleting servers: whatever their state, and whatever else is being done to them."""

from __future__ import annotations

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.compute.logic.lookup import require_unlocked, server_in
from cupola.compute.model.states import DELETING
from cupola.compute.store import servers as store

OPERATION = "compute.delete_server"


def delete(ctx: Context, rule: str, server_id: str) -> None:
    """Have a server deleted; what was under way on it ends here. Asking again while it goes changes nothing.

    Raises ServerNotFound, PolicyForbids or ServerLocked.
    """

    def write(tx: Transaction) -> None:
        server = server_in(tx, ctx, rule, server_id, lock=True)
        require_unlocked(ctx, server)
        if server.task_state == DELETING:
            return
        store.update(tx, server, task_state=DELETING)
        ctx.cloud.operations.submit(tx, ctx, OPERATION, server_id, {}, supersede=True)

    ctx.transact("server.delete", write)
