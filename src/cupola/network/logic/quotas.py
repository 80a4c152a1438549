"""Quotas of projects: what they may have of the network service, and what they have."""

from __future__ import annotations

from collections.abc import Mapping

from cupola.base import quota
from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.network.errors import HTTPBadRequest, TenantQuotaNotFound
from cupola.network.limits import LIMITS, LIMITS_OF
from cupola.network.logic.scope import owned

SERVICE = "network"
RESOURCES = tuple(limit.name.partition(".")[2] for limit in LIMITS)


def show(ctx: Context, project_id: str) -> dict[str, int]:
    def read(tx: Transaction) -> dict[str, int]:
        if project_id == ctx.project_id:
            ctx.authorize("regular_user")
        else:
            ctx.authorize("get_quota", owned(project_id))
        return LIMITS_OF.of(tx, project_id, SERVICE)

    return ctx.read("quota.show", read)


def defaults(ctx: Context, project_id: str) -> dict[str, int]:
    ctx.authorize("get_quota", owned(project_id))
    return {limit.name.partition(".")[2]: limit.default for limit in LIMITS}


def details(ctx: Context, project_id: str) -> dict[str, dict[str, int]]:
    """Limit and use of each resource."""

    def read(tx: Transaction) -> dict[str, dict[str, int]]:
        ctx.authorize("get_quota", owned(project_id))
        limits, used = LIMITS_OF.of(tx, project_id, SERVICE), quota.usage(tx, project_id)
        return {
            name: {"limit": limit, "used": used.get(f"{SERVICE}.{name}", 0), "reserved": 0}
            for name, limit in limits.items()
        }

    return ctx.read("quota.details", read)


def listed(ctx: Context) -> list[tuple[str, dict[str, int]]]:
    """Projects with limits of their own."""

    def read(tx: Transaction) -> list[tuple[str, dict[str, int]]]:
        ctx.authorize("get_quota", {})
        return list(LIMITS_OF.changed(tx, SERVICE).items())

    return ctx.read("quota.list", read)


def update(ctx: Context, project_id: str, wanted: Mapping[str, int], force: bool = False) -> dict[str, int]:
    """Set limits. Raises HTTPBadRequest, unless `force`, when the project uses more than a limit already."""

    def write(tx: Transaction) -> dict[str, int]:
        ctx.authorize("update_quota", owned(project_id))
        used = {} if force else quota.usage(tx, project_id)
        for name, limit in wanted.items():
            if limit != quota.UNLIMITED and used.get(f"{SERVICE}.{name}", 0) > limit:
                taken = used[f"{SERVICE}.{name}"]
                raise HTTPBadRequest(f"Quota limit {limit} for {name} is less than the {taken} already used")
        quota.set_limits(tx, project_id, SERVICE, wanted)
        return LIMITS_OF.of(tx, project_id, SERVICE)

    return ctx.transact("quota.update", write)


def delete(ctx: Context, project_id: str) -> None:
    """Raises TenantQuotaNotFound when the project has the default limits."""

    def write(tx: Transaction) -> None:
        ctx.authorize("delete_quota", owned(project_id))
        if not quota.reset_limits(tx, project_id, SERVICE):
            raise TenantQuotaNotFound(project_id)

    ctx.transact("quota.delete", write)
