"""Quota: limits and usage of projects, taken in the transaction that makes the thing.

Resources are named "<service>.<resource>" ("compute.cores"). A project's usage is one row, locked before the things
that are counted in it, so that two requests cannot both take the last of something. Doctor counts the things themselves
and compares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy import update as sql_update

from cupola.base.db.rows import remove
from cupola.base.db.transaction import Duplicate, Transaction
from cupola.base.errors import OverQuota
from cupola.base.quota.tables import limits, usages

UNLIMITED = -1


@dataclass(frozen=True)
class Limit:
    """A resource that is counted, with the limit of a project for which none was set (-1: none)."""

    name: str
    default: int


class Limits:
    """The limits of all services, with their defaults; made once by wiring."""

    def __init__(self, declared: Iterable[Limit]) -> None:
        self.defaults = {limit.name: limit.default for limit in declared}

    def of(self, tx: Transaction, project_id: str, service: str) -> dict[str, int]:
        """The limits of one service for a project, by resource name without the service."""
        query = select(limits.c.resource, limits.c.limit).where(
            limits.c.project_id == project_id, limits.c.service == service
        )
        return self.defaults_of(service) | {row["resource"]: row["limit"] for row in tx.all(query)}

    def changed(self, tx: Transaction, service: str) -> dict[str, dict[str, int]]:
        """The limits of one service for each project that has limits of its own, by project id."""
        defaults = self.defaults_of(service)
        query = select(limits).where(limits.c.service == service).order_by(limits.c.project_id, limits.c.resource)
        found: dict[str, dict[str, int]] = {}
        for row in tx.all(query):
            found.setdefault(row["project_id"], dict(defaults))[row["resource"]] = row["limit"]
        return found

    def defaults_of(self, service: str) -> dict[str, int]:
        """The limits of one service for a project that has none of its own."""
        return {
            name.partition(".")[2]: default for name, default in self.defaults.items() if name.startswith(f"{service}.")
        }


def set_limits(tx: Transaction, project_id: str, service: str, wanted: Mapping[str, int]) -> None:
    """Set limits of one service for a project; others stay."""
    remove(tx, limits, limits.c.project_id == project_id, limits.c.service == service, limits.c.resource.in_(wanted))
    if wanted:
        tx.execute(
            insert(limits),
            [
                {"project_id": project_id, "service": service, "resource": name, "limit": value}
                for name, value in wanted.items()
            ],
        )


def reset_limits(tx: Transaction, project_id: str, service: str) -> bool:
    """Give a project the default limits of one service again. Returns whether it had any of its own."""
    return remove(tx, limits, limits.c.project_id == project_id, limits.c.service == service) > 0


def usage(tx: Transaction, project_id: str) -> dict[str, int]:
    """What a project uses, by "service.resource"."""
    used = tx.scalar(select(usages.c.used).where(usages.c.project_id == project_id))
    return dict(used or {})


def take(tx: Transaction, declared: Limits, project_id: str, **amounts: int) -> None:
    """Count `amounts` (names with "__" for the dot: compute__cores=2) as used by a project.

    A negative amount is given back. Raises OverQuota, naming the first resource that would go over its limit, and
    LookupError for a resource without a declared limit: it would be unlimited by a slip of the pen.
    """
    wanted = {name.replace("__", "."): amount for name, amount in amounts.items() if amount}
    if unknown := sorted(wanted.keys() - declared.defaults.keys()):
        raise LookupError(f"no limit is declared for {', '.join(unknown)}")
    used = _locked(tx, project_id)
    services = sorted({name.partition(".")[0] for name, amount in wanted.items() if amount > 0})
    allowed = {service: declared.of(tx, project_id, service) for service in services}
    for name, amount in sorted(wanted.items()):
        service, _, resource = name.partition(".")
        if amount > 0:
            limit = allowed[service][resource]
            if limit != UNLIMITED and used.get(name, 0) + amount > limit:
                raise OverQuota(resource, limit, used.get(name, 0), amount)
        used[name] = max(used.get(name, 0) + amount, 0)
    tx.execute(sql_update(usages).where(usages.c.project_id == project_id).values(used=used, updated_at=tx.now))


def count(tx: Transaction, project_id: str, **amounts: int) -> None:
    """Count `amounts` as used whatever the limit is: for what a project has without having asked for it."""
    give(tx, project_id, **{name: -amount for name, amount in amounts.items()})


def give(tx: Transaction, project_id: str, **amounts: int) -> None:
    """Give back what `take` counted; never below nothing."""
    used = _locked(tx, project_id)
    for name, amount in amounts.items():
        key = name.replace("__", ".")
        used[key] = max(used.get(key, 0) - amount, 0)
    tx.execute(sql_update(usages).where(usages.c.project_id == project_id).values(used=used, updated_at=tx.now))


def hold(tx: Transaction, project_id: str) -> None:
    """Lock a project's usage for who will know what to give back only when the things are gone."""
    if tx.locks_rows:
        _locked(tx, project_id)


def _locked(tx: Transaction, project_id: str) -> dict[str, int]:
    query = select(usages.c.used).where(usages.c.project_id == project_id)
    row = tx.first(query.with_for_update() if tx.locks_rows else query)
    if row is not None:
        return dict(row["used"])
    try:
        with tx.savepoint():
            tx.execute(insert(usages).values(project_id=project_id, used={}, updated_at=tx.now))
        return {}
    except Duplicate:  # another first use of this project won the race; its row is there now
        return dict(tx.scalar(query.with_for_update()) or {})
