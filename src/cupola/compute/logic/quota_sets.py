"""Quota of projects: their limits and what they use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cupola.base import quota
from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.errors import BadInput
from cupola.compute.model.limits import COUNTED, LIMITS_OF


@dataclass(frozen=True)
class Allowance:
    """How much of one resource a project may have, and has."""

    limit: int
    in_use: int


class LimitBelowUse(BadInput):
    def __init__(self, name: str, limit: int, in_use: int) -> None:
        super().__init__(
            f"Quota limit {limit} for {name} must be greater than or equal to already used and reserved {in_use}."
        )


def defaults() -> dict[str, int]:
    """The limits of a project for which none were set."""
    return {name.partition(".")[2]: limit for name, limit in LIMITS_OF.defaults.items()}


def allowances(ctx: Context, project_id: str) -> dict[str, Allowance]:
    """Everything that compute counts or bounds, for one project."""
    return ctx.read("quota.show", lambda tx: allowances_in(tx, project_id))


def allowances_in(tx: Transaction, project_id: str) -> dict[str, Allowance]:
    limits = LIMITS_OF.of(tx, project_id, "compute")
    used = quota.usage(tx, project_id)
    return {
        name: Allowance(limit, used.get(f"compute.{name}", 0) if name in COUNTED else 0)
        for name, limit in limits.items()
    }


def update(ctx: Context, project_id: str, wanted: Mapping[str, int], force: bool) -> dict[str, Allowance]:
    """Set limits (-1: none). Without `force` none may go below what is used: raises LimitBelowUse."""

    def write(tx: Transaction) -> dict[str, Allowance]:
        before = allowances_in(tx, project_id)
        for name, limit in wanted.items():
            if not force and limit != quota.UNLIMITED and limit < before[name].in_use:
                raise LimitBelowUse(name, limit, before[name].in_use)
        quota.set_limits(tx, project_id, "compute", wanted)
        return before | {name: Allowance(limit, before[name].in_use) for name, limit in wanted.items()}

    return ctx.transact("quota.update", write)


def reset(ctx: Context, project_id: str) -> None:
    """Give a project the default limits again."""
    ctx.transact("quota.reset", lambda tx: quota.reset_limits(tx, project_id, "compute"))
