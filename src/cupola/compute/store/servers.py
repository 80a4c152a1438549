"""Rows of servers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Text, and_, or_, select, type_coerce

from cupola.base.db import rows
from cupola.base.db.paging import Page, paged
from cupola.base.db.transaction import Transaction
from cupola.base.hosts.tables import hosts
from cupola.compute.model.listing import Listing
from cupola.compute.model.server import WANTED_GONE, Server
from cupola.compute.store.tables_servers import servers

c = servers.c


def insert(tx: Transaction, server: Server) -> Server:
    return rows.add(tx, servers, server)


def find(tx: Transaction, server_id: str, lock: bool = False) -> Server | None:
    """A server by id, deleted or not."""
    return rows.by_id(tx, Server, servers, server_id, lock)


def update(tx: Transaction, seen: Server, **changes: Any) -> Server:
    """Write `changes`, unless somebody wrote after `seen` was read. Raises StaleWrite."""
    return rows.update(tx, servers, seen, **{"updated_at": tx.now, **changes})


def tell(tx: Transaction, seen: Server, **changes: Any) -> Server:
    """Write `changes` that the host must hear of: its document gets a new generation."""
    return update(tx, seen, wanted_generation=seen.wanted_generation + 1, **changes)


def wanted_on(tx: Transaction, host: str) -> list[str]:
    """The ids of the servers that are to be on a host."""
    there = (c.host == host) & (c.wanted != WANTED_GONE) & c.deleted_at.is_(None)
    return [row["id"] for row in tx.all(select(c.id).where(there).order_by(c.id))]


def needs_image(tx: Transaction, host: str, image_id: str) -> bool:
    """Whether a server that is to be on a host is made of an image."""
    there = (c.host == host) & (c.wanted != WANTED_GONE) & c.deleted_at.is_(None) & (c.image_id == image_id)
    return tx.first(select(c.id).where(there).limit(1)) is not None


def wanted_among(tx: Transaction, host: str, ids: Sequence[str]) -> list[Server]:
    """Those of `ids` that are to be on a host."""
    there = (c.host == host) & (c.wanted != WANTED_GONE) & c.deleted_at.is_(None) & c.id.in_(ids)
    return rows.many(tx, Server, select(servers).where(there))


def gone_among(tx: Transaction, host: str, ids: Sequence[str]) -> list[str]:
    """Those of `ids` that are not to be on a host: they were deleted, are to go, or are to be on another one."""
    gone = c.deleted_at.is_not(None) | (c.wanted == WANTED_GONE) | (c.host != host)
    return [row["id"] for row in tx.all(select(c.id).where(c.id.in_(ids), gone))] if ids else []


def on_hosts(tx: Transaction) -> dict[str, list[tuple[str, str]]]:
    """The servers of each host: (id, name)."""
    there = c.host.is_not(None) & c.deleted_at.is_(None)
    found: dict[str, list[tuple[str, str]]] = {}
    for row in tx.all(select(c.host, c.id, c.name).where(there).order_by(c.id)):
        found.setdefault(row["host"], []).append((row["id"], row["name"]))
    return found


def there_between(
    tx: Transaction, start: datetime, stop: datetime, project_id: str | None, after: str | None, limit: int | None
) -> list[Server]:
    """The servers, deleted ones too, that were up at some time between two moments, by id."""
    there = c.launched_at.is_not(None) & (c.launched_at < stop) & (c.deleted_at.is_(None) | (c.deleted_at > start))
    statement = select(servers).where(there).order_by(c.id)
    if project_id is not None:
        statement = statement.where(c.project_id == project_id)
    if after is not None:
        statement = statement.where(c.id > after)
    return rows.many(tx, Server, statement if limit is None else statement.limit(limit))


def alive(tx: Transaction) -> list[Server]:
    """All servers that are not deleted."""
    return rows.many(tx, Server, select(servers).where(c.deleted_at.is_(None)).order_by(c.id))


def listed(tx: Transaction, listing: Listing, page: Page) -> list[Server]:
    """A page of the servers that a listing asks for, newest first unless it says otherwise. Raises BadMarker."""
    statement = select(servers).where(*_conditions(listing))
    found = paged(tx, servers, statement, page, default=(("created_at", "desc"), ("id", "desc")))
    return [Server(**row) for row in found]


def _conditions(listing: Listing) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if listing.deleted is not None:
        wanted.append(c.deleted_at.is_not(None) if listing.deleted else c.deleted_at.is_(None))
    if listing.changes_since is not None:
        wanted.append(c.updated_at >= listing.changes_since)
    if listing.changes_before is not None:
        wanted.append(c.updated_at <= listing.changes_before)
    if listing.ids is not None:
        wanted.append(c.id.in_(listing.ids))
    if listing.states is not None:
        alternatives = [
            and_(c.vm_state == state.vm_state, _task(state.task_state, state.named)) for state in listing.states
        ]
        wanted.append(or_(*alternatives) if alternatives else c.id == "")
    wanted += [_equal(name, value) for name, value in listing.equal.items()]
    wanted += [c[name].regexp_match(pattern) for name, pattern in listing.matching.items()]
    wanted += [_has_tag(tag) for tag in listing.tags]
    wanted += [~_has_tag(tag) for tag in listing.not_tags_any]
    if listing.tags_any:
        wanted.append(or_(*(_has_tag(tag) for tag in listing.tags_any)))
    if listing.not_tags:
        wanted.append(~and_(*(_has_tag(tag) for tag in listing.not_tags)))
    return wanted


def _equal(name: str, value: str | int | bool | datetime | None) -> ColumnElement[bool]:
    if name == "availability_zone":
        return or_(c.host.in_(select(hosts.c.name).where(hosts.c.zone == value)), c.host.is_(None) & (c[name] == value))
    return c[name].is_(None) if value is None else c[name] == value


def _task(task_state: str | None, named: Sequence[str]) -> ColumnElement[bool]:
    if task_state is not None:
        return c.task_state == task_state
    return or_(c.task_state.is_(None), c.task_state.not_in(named))


def _has_tag(tag: str) -> ColumnElement[bool]:
    return type_coerce(c.tags, Text).contains(orjson.dumps(tag).decode(), autoescape=True)
