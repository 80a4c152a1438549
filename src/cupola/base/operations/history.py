"""What was done to a thing: its operations and their steps, read for whoever asks afterwards."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from cupola.base.bus.message import host_topic
from cupola.base.db.transaction import Row, Transaction
from cupola.base.ids import is_uuid
from cupola.base.operations.tables import journal, operations, outbox


@dataclass(frozen=True)
class PastOperation:
    """An operation. `changed_at` is when it last came further; `ended_at` None: it is under way."""

    id: str
    name: str
    request_id: str
    user_id: str | None
    project_id: str | None
    state: str
    error: Mapping[str, Any] | None
    created_at: datetime
    changed_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class PastStep:
    """A step that began; `host` is the one it asked, if any.

    `phase` is do or undo; `state` waiting, done, failed, or superseded: another operation took over while it waited.
    """

    step: str
    phase: str
    state: str
    error: Mapping[str, Any] | None
    host: str | None
    began_at: datetime
    ended_at: datetime | None


def operations_on(tx: Transaction, resource_id: str) -> list[PastOperation]:
    """All operations on a thing, newest first (two statements)."""
    query = select(operations).where(operations.c.resource_id == resource_id)
    rows = tx.all(query.order_by(operations.c.created_at.desc(), operations.c.id.desc()))
    latest = func.max(func.coalesce(journal.c.ended_at, journal.c.began_at), type_=journal.c.began_at.type)
    of = journal.join(operations, operations.c.id == journal.c.operation_id)
    changes = select(journal.c.operation_id, latest.label("at")).select_from(of)
    mine = changes.where(operations.c.resource_id == resource_id).group_by(journal.c.operation_id)
    changed = {row["operation_id"]: row["at"] for row in tx.all(mine)}
    return [_operation(row, changed.get(row["id"])) for row in rows]


def requests_that(tx: Transaction, operation: str, resource_ids: Collection[str]) -> dict[str, str]:
    """The id of the request that an operation of this name on each of the things comes from, the first if several."""
    if not resource_ids:
        return {}
    query = select(operations.c.resource_id, operations.c.request_id).where(
        operations.c.resource_id.in_(resource_ids), operations.c.name == operation
    )
    newest_first = query.order_by(operations.c.created_at.desc(), operations.c.id.desc())
    return {row["resource_id"]: row["request_id"] for row in tx.all(newest_first)}


def told_of(tx: Transaction, host: str, subjects: Collection[str]) -> list[str]:
    """Which things ("kind/id"; the beginning of an id will do) a host was ever told of by messages of their own, as far
    back as these are kept."""
    begun = [subject for subject in subjects if not is_uuid(subject.partition("/")[2])]
    whole = sorted(set(subjects) - set(begun))
    named = [outbox.c.subject.in_(whole), *(outbox.c.subject.startswith(each, autoescape=True) for each in begun)]
    told = select(outbox.c.subject).where(outbox.c.topic == host_topic(host), or_(*named)).distinct()
    found = {row["subject"] for row in tx.all(told)} if subjects else set()
    return [each for each in subjects if each in found or (each in begun and any(s.startswith(each) for s in found))]


def _operation(row: Row, changed: datetime | None) -> PastOperation:
    names = ("id", "name", "request_id", "project_id", "state", "error", "created_at", "ended_at")
    latest = row["ended_at"] or changed or row["created_at"]
    known = {name: row[name] for name in names}
    return PastOperation(user_id=row["context"]["caller"]["user_id"], changed_at=latest, **known)


def steps_of(tx: Transaction, operation_id: str) -> list[PastStep]:
    """The steps of an operation in the order they began."""
    rows = tx.all(select(journal).where(journal.c.operation_id == operation_id).order_by(journal.c.number))
    asked = [message_id for row in rows for message_id in row["expects"] or ()]
    topics = tx.all(select(outbox.c.id, outbox.c.topic).where(outbox.c.id.in_(asked))) if asked else []
    hosts = {row["id"]: row["topic"].removeprefix("host.") for row in topics}
    return [
        PastStep(
            step=row["step"],
            phase=row["phase"],
            state=row["state"],
            error=row["error"],
            host=next((hosts[message_id] for message_id in row["expects"] or () if message_id in hosts), None),
            began_at=row["began_at"],
            ended_at=row["ended_at"],
        )
        for row in rows
    ]
