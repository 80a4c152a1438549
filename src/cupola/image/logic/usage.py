"""What a project uses of its limits."""

from __future__ import annotations

from cupola.base import quota
from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.image.model.limits import LIMITS_OF
from cupola.image.policies import discovery as policies


def of_caller(ctx: Context) -> dict[str, dict[str, int]]:
    """Usage and limit of each resource; -1 is no limit."""
    ctx.authorize(policies.DISCOVER)
    project = ctx.project_id
    if project is None:
        return {}

    def read(tx: Transaction) -> dict[str, dict[str, int]]:
        used = quota.usage(tx, project)
        limits = LIMITS_OF.of(tx, project, "image")
        return {name: {"usage": used.get(f"image.{name}", 0), "limit": limit} for name, limit in limits.items()}

    return ctx.read("image.usage", read)
