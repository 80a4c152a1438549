"""What must hold: what is over is not kept for ever; but of servers that live, their actions are."""

from __future__ import annotations

from datetime import timedelta

from cupola.base.context import Context
from cupola.base.upkeep import Loop
from cupola.compute.logic.past import forget_before

MOST = 50
"""batches of each table in one pass"""


def loop(age: timedelta) -> Loop:
    """The loop that keeps as much as `age`."""

    def one_pass(ctx: Context) -> str:
        removed = forget_before(ctx, ctx.now() - age, batches=MOST)
        what = ", ".join(f"{number} {table}" for table, number in sorted(removed.items())) or "nothing"
        return f"{what} older than {age.days} days forgotten"

    return Loop("compute.past", timedelta(hours=1), one_pass)
