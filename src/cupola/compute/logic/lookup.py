"""Finding a server for a caller, and asking whether its state allows what is to be done to it."""

from __future__ import annotations

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.compute.errors import NeverLaunched, ServerLocked, ServerNotFound, WrongState
from cupola.compute.model.server import Server
from cupola.compute.model.states import ACTIONS
from cupola.compute.policies import server_actions
from cupola.compute.store import servers as store


def server_in(
    tx: Transaction, ctx: Context, rule: str, server_id: str, lock: bool = False, deleted: bool = False
) -> Server:
    """The server, if the caller may do `rule` to it; with `deleted` also one that is gone.

    Raises ServerNotFound (also for what belongs to others) and PolicyForbids.
    """
    server = store.find(tx, server_id, lock)
    if server is None or (server.deleted_at is not None and not deleted):
        raise ServerNotFound(server_id)
    ctx.authorize(rule, server, hidden=ServerNotFound(server_id))
    return server


def require_state(server: Server, action: str, said: str | None = None) -> None:
    """Raises WrongState or NeverLaunched unless `action` (a row of the table of states) is possible now.

    `said` is what the API calls the action.
    """
    allowed, said = ACTIONS[action], said or action
    if allowed.vm is not None and server.vm_state not in allowed.vm:
        raise WrongState(server.id, said, "vm_state", server.vm_state)
    if allowed.task is not None and server.task_state not in allowed.task:
        raise WrongState(server.id, said, "task_state", server.task_state)
    if allowed.launched and server.launched_at is None:
        raise NeverLaunched(server.id, said)


def require_unlocked(ctx: Context, server: Server) -> None:
    """Raises ServerLocked, unless the caller may override locks."""
    if server.locked and not ctx.may(server_actions.UNLOCK_OVERRIDE, server):
        raise ServerLocked(server.id)
