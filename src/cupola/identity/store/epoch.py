"""The epoch: a number that grows with every change that may alter what a token is worth."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert, select, update

from cupola.base.db.transaction import Transaction
from cupola.identity.store.tables import epoch

_ONLY = 1


def current(tx: Transaction) -> int:
    """The number as this transaction sees it; 0 before the first change."""
    return int(tx.scalar(select(epoch.c.number).where(epoch.c.id == _ONLY)) or 0)


def advance(tx: Transaction) -> None:
    """Let whatever is remembered of tokens be looked up again, once this transaction has been committed."""
    if not tx.execute(update(epoch).where(epoch.c.id == _ONLY).values(number=epoch.c.number + 1)).rowcount:
        tx.execute(insert(epoch).values(id=_ONLY, number=1))


def longest_lifetime(tx: Transaction, lifetime: timedelta) -> timedelta:
    """The longest that tokens were ever given to live, now that they are given `lifetime`."""
    row = tx.first(select(epoch.c.longest_lifetime).where(epoch.c.id == _ONLY))
    seconds, known = int(lifetime.total_seconds()), (row or {}).get("longest_lifetime") or 0
    if row is not None and seconds > known:
        tx.execute(update(epoch).where(epoch.c.id == _ONLY).values(longest_lifetime=seconds))
    return timedelta(seconds=max(seconds, known))
