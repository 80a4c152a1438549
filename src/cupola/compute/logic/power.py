"""Starting, stopping and rebooting servers."""

from __future__ import annotations

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.compute.logic.lookup import require_state, require_unlocked, server_in
from cupola.compute.logic.servers import moved
from cupola.compute.model.states import POWERING_OFF, POWERING_ON, REBOOTING, REBOOTING_HARD
from cupola.compute.policies import server_actions as policies
from cupola.compute.store import servers as store


def start(ctx: Context, server_id: str) -> None:
    """Have a server started that is shut off."""
    _change(ctx, policies.START, server_id, "start", "start", POWERING_ON, "compute.start_server")


def stop(ctx: Context, server_id: str) -> None:
    """Have a server stopped: its guest is asked first."""
    _change(ctx, policies.STOP, server_id, "stop", "stop", POWERING_OFF, "compute.stop_server")


def reboot(ctx: Context, server_id: str, hard: bool) -> None:
    """Have a server rebooted: its guest is asked first, or with `hard` its power is cut."""
    action, task = ("hard reboot", REBOOTING_HARD) if hard else ("soft reboot", REBOOTING)
    _change(ctx, policies.REBOOT, server_id, action, "reboot", task, "compute.reboot_server", hard=hard)


def _change(
    ctx: Context, rule: str, server_id: str, action: str, said: str, task: str, operation: str, **params: object
) -> None:
    """Raises ServerNotFound, PolicyForbids, ServerLocked, WrongState, or OperationLive."""

    def write(tx: Transaction) -> None:
        server = server_in(tx, ctx, rule, server_id, lock=True)
        require_unlocked(ctx, server)
        require_state(server, action, said)
        moved(tx, ctx, server, store.update(tx, server, task_state=task))
        ctx.cloud.operations.submit(tx, ctx, operation, server_id, {"before": server.wanted, **params})

    ctx.transact(f"server.{said}", write)
