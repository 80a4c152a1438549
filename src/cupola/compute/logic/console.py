"""What a server printed on its console."""

from __future__ import annotations

from cupola.base.context import Context
from cupola.base.errors import Unavailable
from cupola.base.operations.ask import ask
from cupola.compute.errors import NotReady
from cupola.compute.logic.servers import get
from cupola.compute.policies import server_actions as policies

PATIENCE = 10.0
"""Seconds to wait for its host."""


def output(ctx: Context, server_id: str, lines: int | None) -> str:
    """The end of what it printed: `lines` lines, or all that its host keeps.

    Raises ServerNotFound, PolicyForbids, NotReady (it is on no host) or Unavailable (its host does not answer, or
    cannot tell).
    """
    server = get(ctx, policies.CONSOLE_OUTPUT, server_id)
    if server.host is None:
        raise NotReady(server_id)
    payload = {"verb": "console_output", "lines": lines}
    report = ask(ctx, server.host, "question", f"server/{server_id}", payload, PATIENCE)
    if report is None:
        raise Unavailable(f"Host {server.host} did not answer within {PATIENCE:.0f} s.")
    if not report.ok:
        raise Unavailable(str((report.error or {}).get("message")))
    return str(report.result["output"])
