"""Locking servers against their own project, and saying by decree what state one is in."""

from __future__ import annotations

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.compute.logic.lookup import server_in
from cupola.compute.logic.servers import moved
from cupola.compute.model.states import ACTIVE, ERROR
from cupola.compute.policies import server_actions as policies
from cupola.compute.store import servers as store

OWNER, ADMIN = "owner", "admin"


def lock(ctx: Context, server_id: str, reason: str | None) -> None:
    """From now on only who may override locks can act on the server. A lock of an administrator's stays one."""

    def write(tx: Transaction) -> None:
        server = server_in(tx, ctx, policies.LOCK, server_id, lock=True)
        by = OWNER if server.project_id == ctx.project_id else ADMIN
        if not (server.locked and by == OWNER):
            store.update(tx, server, locked=True, locked_by=by, locked_reason=reason)
        ctx.cloud.operations.submit(tx, ctx, "compute.lock_server", server_id)

    ctx.transact("server.lock", write)


def unlock(ctx: Context, server_id: str) -> None:
    """Anybody who may act on the server can do so again. Raises PolicyForbids for a lock that is above the caller."""

    def write(tx: Transaction) -> None:
        server = server_in(tx, ctx, policies.UNLOCK, server_id, lock=True)
        if server.locked_by == ADMIN:
            ctx.authorize(policies.UNLOCK_OVERRIDE, server)
        store.update(tx, server, locked=False, locked_by=None, locked_reason=None)
        ctx.cloud.operations.submit(tx, ctx, "compute.unlock_server", server_id)

    ctx.transact("server.unlock", write)


def reset_state(ctx: Context, server_id: str, state: str) -> None:
    """Say that a server is active or in error, whatever it was; nothing happens on its host."""

    def write(tx: Transaction) -> None:
        server = server_in(tx, ctx, policies.RESET_STATE, server_id, lock=True)
        vm_state = {"active": ACTIVE, "error": ERROR}[state]
        moved(tx, ctx, server, store.update(tx, server, vm_state=vm_state, task_state=None))
        ctx.cloud.operations.submit(tx, ctx, "compute.reset_state", server_id)

    ctx.transact("server.reset_state", write)
