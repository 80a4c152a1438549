"""From whatever id somebody has in hand to the requests that tell its story."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, or_, select

from cupola.base.db.transaction import Transaction
from cupola.base.errors import NotFound
from cupola.base.ledger.tables import requests, transitions
from cupola.base.operations.tables import operations, outbox
from cupola.base.service import Relates

MOST = 50
"""Newest requests that one trace shows."""
_ID = re.compile(r"(req-)?[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")


class NothingTraced(NotFound):
    """No request, operation, message or resource of that id was recorded, or none that the caller may see."""

    def __init__(self, id_: str) -> None:
        super().__init__(f"Nothing is recorded under {id_}: not a request, operation, message or resource.")


def request_ids(tx: Transaction, id_: str, relates: Sequence[Relates], project_id: str | None = None) -> list[str]:
    """The ids of the requests behind `id_`, oldest first: one for a request, operation or message; of a resource's, or
    of those that share a global id, the newest. With `project_id`, of those that this project sent.

    Raises NothingTraced.
    """

    def newest(ids: ColumnElement[str], at: ColumnElement[datetime], meets: ColumnElement[bool]) -> dict[str, datetime]:
        statement = select(ids.label("id"), func.min(at).label("at")).where(meets)
        if project_id is not None:
            sent = requests.alias()
            statement = statement.where(exists().where(sent.c.id == ids, sent.c.project_id == project_id))
        statement = statement.group_by(ids).order_by(func.min(at).desc()).limit(MOST)
        return {row["id"]: row["at"] for row in tx.all(statement)}

    found = newest(requests.c.id, requests.c.started_at, or_(requests.c.id == id_, requests.c.global_id == id_))
    for table, at in ((operations, operations.c.created_at), (outbox, outbox.c.queued_at)):
        found = found or newest(table.c.request_id, at, table.c.id == id_)
    if not found:
        things = {id_, *(other for relation in relates for other in relation(tx, id_))}
        found = {
            **newest(transitions.c.request_id, transitions.c.at, transitions.c.resource_id.in_(things)),
            **newest(operations.c.request_id, operations.c.created_at, operations.c.resource_id.in_(things)),
        }
        if _ID.fullmatch(id_):  # no index helps with this one: what is in every path is not worth looking for
            path = requests.c.path.contains(f"/{id_}", autoescape=True)
            found |= newest(requests.c.id, requests.c.started_at, path)
    if not found:
        raise NothingTraced(id_)
    return sorted(found, key=lambda request_id: (found[request_id], request_id))[-MOST:]
