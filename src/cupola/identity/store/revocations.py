"""Revocations: written when tokens end before their time, read when a token is checked, pruned when none can match."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select

from cupola.base.auth.fernet import Payload
from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.identity.model.revocation import Revocation
from cupola.identity.store.tables import revocations


def add(tx: Transaction, revocation: Revocation) -> None:
    rows.add(tx, revocations, revocation)


def refuses(tx: Transaction, payload: Payload, user_domain_id: str) -> bool:
    """Whether a revocation matches what a token says. A domain's matches the tokens of its users and for its scope."""

    def meets(name: str, *values: str | None) -> ColumnElement[bool]:
        column = revocations.c[name]
        return or_(column.is_(None), column.in_([value for value in values if value is not None]))

    matching = select(revocations.c.id).where(
        revocations.c.issued_before >= payload.issued_at,
        meets("audit_id", payload.audit_ids[0]),
        meets("audit_chain_id", payload.audit_ids[-1]),
        meets("user_id", payload.user_id),
        meets("project_id", payload.project_id),
        meets("domain_id", payload.domain_id, user_domain_id),
    )
    return tx.first(matching.limit(1)) is not None


def newest(tx: Transaction, user_id: str) -> datetime | None:
    """Until when tokens of the user are refused, whatever they are for."""
    found = tx.first(
        select(func.max(revocations.c.issued_before).label("until")).where(revocations.c.user_id == user_id)
    )
    return found["until"] if found is not None else None


def since(tx: Transaction, moment: datetime | None) -> list[Revocation]:
    """All revocations, or those made at `moment` and later, oldest first."""
    statement = select(revocations).order_by(revocations.c.revoked_at, revocations.c.id)
    if moment is not None:
        statement = statement.where(revocations.c.revoked_at >= moment)
    return rows.many(tx, Revocation, statement)


def prune(tx: Transaction, before: datetime) -> int:
    """Forget those made before a moment when every token they match has expired; returns how many."""
    return rows.remove(tx, revocations, revocations.c.revoked_at < before)
