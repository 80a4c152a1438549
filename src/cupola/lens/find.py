"""From whatever id somebody has in hand to the requests that tell its story."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select

from cupola.base.db.transaction import Transaction
from cupola.base.errors import NotFound
from cupola.base.ledger.tables import requests, transitions
from cupola.base.operations.tables import operations, outbox
from cupola.base.service import Relates

MOST = 50
"""Newest requests of a resource that one trace shows."""


class NothingTraced(NotFound):
    """No request, operation, message or resource of that id was recorded, or none that the caller may see."""

    def __init__(self, id_: str) -> None:
        super().__init__(f"Nothing is recorded under {id_}: not a request, operation, message or resource.")


def request_ids(tx: Transaction, id_: str, relates: Sequence[Relates]) -> list[str]:
    """The ids of the requests behind `id_`, oldest first: one for a request, operation or message; all of a resource's.

    Raises NothingTraced.
    """
    exact = _distinct(tx, requests.c.id, or_(requests.c.id == id_, requests.c.global_id == id_))
    for table in (operations, outbox):
        exact = exact or _distinct(tx, table.c.request_id, table.c.id == id_)
    if exact:
        return exact
    things = {id_, *(other for relation in relates for other in relation(tx, id_))}
    found = {
        *_distinct(tx, operations.c.request_id, operations.c.resource_id.in_(things)),
        *_distinct(tx, transitions.c.request_id, transitions.c.resource_id.in_(things)),
        *_distinct(tx, requests.c.id, requests.c.path.contains(f"/{id_}", autoescape=True)),
    }
    if not found:
        raise NothingTraced(id_)
    newest = select(requests.c.id).where(requests.c.id.in_(found)).order_by(requests.c.started_at.desc()).limit(MOST)
    ordered = [row["id"] for row in tx.all(newest)][::-1]
    return [*sorted(found - set(ordered)), *ordered]


def _distinct(tx: Transaction, column: ColumnElement[str], condition: ColumnElement[bool]) -> list[str]:
    return sorted({row[0] for row in tx.execute(select(column).where(condition)).fetchall()})
