"""What must hold: every conductor that is at work is listed among the services, and was seen lately."""

from __future__ import annotations

from datetime import timedelta

from cupola.base.context import Context
from cupola.base.upkeep import Loop
from cupola.compute.logic.services import conductor_seen


def one_pass(ctx: Context) -> str:
    owner = ctx.cloud.operations.owner
    conductor_seen(ctx, owner)
    return f"conductor {owner} is at work"


LOOP = Loop("compute.conductors", timedelta(seconds=30), one_pass)
