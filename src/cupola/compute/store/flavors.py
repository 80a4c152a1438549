"""Rows of flavors and of the access to private ones."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select

from cupola.base.db import rows
from cupola.base.db.paging import Page, paged
from cupola.base.db.transaction import Transaction
from cupola.compute.model.flavor import Flavor, FlavorFilter
from cupola.compute.store.tables_flavors import flavor_projects, flavors


def find(tx: Transaction, flavor_id: str) -> Flavor | None:
    return rows.by_id(tx, Flavor, flavors, flavor_id)


def listed(tx: Transaction, wanted: FlavorFilter, page: Page) -> list[Flavor]:
    """Raises BadMarker and BadInput (a sort key that is none)."""
    statement = select(flavors)
    if wanted.is_public is not None:
        visible = flavors.c.is_public == wanted.is_public
        if wanted.project_id is not None:
            given = select(flavor_projects.c.flavor_id).where(flavor_projects.c.project_id == wanted.project_id)
            visible = visible | flavors.c.id.in_(given)
        statement = statement.where(visible)
    if wanted.min_ram is not None:
        statement = statement.where(flavors.c.memory_mb >= wanted.min_ram)
    if wanted.min_disk is not None:
        statement = statement.where(flavors.c.root_gb >= wanted.min_disk)
    if wanted.name is not None:
        statement = statement.where(flavors.c.name == wanted.name)
    return [Flavor(**row) for row in paged(tx, flavors, statement, page, default=(("id", "asc"),))]


def name_taken(tx: Transaction, name: str) -> bool:
    return tx.first(select(flavors.c.id).where(flavors.c.name == name)) is not None


def insert_flavor(tx: Transaction, flavor: Flavor) -> Flavor:
    """Raises Duplicate when another transaction took its id or name first."""
    return rows.add(tx, flavors, flavor)


def write(tx: Transaction, seen: Flavor, **changes: Any) -> Flavor:
    """Raises StaleWrite."""
    return rows.update(tx, flavors, seen, updated_at=tx.now, **changes)


def remove(tx: Transaction, flavor_id: str) -> bool:
    """Returns whether it was there."""
    rows.remove(tx, flavor_projects, flavor_projects.c.flavor_id == flavor_id)
    return rows.remove(tx, flavors, flavors.c.id == flavor_id) == 1


def projects_of(tx: Transaction, flavor_id: str) -> list[str]:
    """The projects that were given a flavor."""
    given = select(flavor_projects.c.project_id).where(flavor_projects.c.flavor_id == flavor_id)
    return [row["project_id"] for row in tx.all(given.order_by(flavor_projects.c.project_id))]


def give(tx: Transaction, flavor_id: str, project_id: str) -> None:
    """Raises Duplicate when the project has it already."""
    tx.execute(insert(flavor_projects).values(flavor_id=flavor_id, project_id=project_id))


def take_away(tx: Transaction, flavor_id: str, project_id: str) -> bool:
    """Returns whether the project had it."""
    there = (flavor_projects.c.flavor_id == flavor_id) & (flavor_projects.c.project_id == project_id)
    return rows.remove(tx, flavor_projects, there) == 1
