"""Domains by id and name."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.identity.model.domain import Domain
from cupola.identity.model.listing import Listed, Wanted
from cupola.identity.store.listing import listed
from cupola.identity.store.tables import domains


def get(tx: Transaction, domain_id: str) -> Domain | None:
    return rows.by_id(tx, Domain, domains, domain_id)


def named(tx: Transaction, name: str) -> Domain | None:
    return rows.one(tx, Domain, select(domains).where(domains.c.name == name))


def among(tx: Transaction, ids: Iterable[str]) -> list[Domain]:
    return rows.many(tx, Domain, select(domains).where(domains.c.id.in_(set(ids))).order_by(domains.c.id))


def find(tx: Transaction, wanted: Wanted) -> Listed[Domain]:
    return listed(tx, Domain, domains, select(domains), wanted)


def add(tx: Transaction, domain: Domain) -> Domain:
    return rows.add(tx, domains, domain)


def update(tx: Transaction, seen: Domain, **changes: object) -> Domain:
    return rows.update(tx, domains, seen, **changes)


def remove(tx: Transaction, domain_id: str) -> None:
    rows.remove(tx, domains, domains.c.id == domain_id)
