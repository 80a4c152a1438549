"""Which projects have limits of their own."""

from __future__ import annotations

from sqlalchemy import select

from cupola.base.db.transaction import Transaction
from cupola.base.quota.tables import limits


def projects_with_limits(tx: Transaction, service: str) -> list[str]:
    query = select(limits.c.project_id).where(limits.c.service == service).distinct().order_by(limits.c.project_id)
    return [row["project_id"] for row in tx.all(query)]
