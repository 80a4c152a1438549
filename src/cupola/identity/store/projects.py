"""Projects and their tags."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Integer, Select, and_, exists, func, literal_column, select

from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.identity.model.listing import Listed, Wanted
from cupola.identity.model.project import Project
from cupola.identity.store.listing import listed
from cupola.identity.store.tables import project_tags, projects


def get(tx: Transaction, project_id: str) -> Project | None:
    return rows.by_id(tx, Project, projects, project_id)


def named(tx: Transaction, domain_id: str, name: str) -> Project | None:
    same = and_(projects.c.domain_id == domain_id, projects.c.name == name)
    return rows.one(tx, Project, select(projects).where(same))


def among(tx: Transaction, ids: Iterable[str]) -> list[Project]:
    return rows.many(tx, Project, select(projects).where(projects.c.id.in_(set(ids))).order_by(projects.c.id))


def find(tx: Transaction, wanted: Wanted, tags: dict[str, list[str]] | None = None) -> Listed[Project]:
    """Projects that pass the filters; `tags` has lists by the API's names: tags, tags-any, not-tags, not-tags-any."""
    statement = select(projects)
    for kind, names in (tags or {}).items():
        statement = _tagged(statement, kind, names)
    return listed(tx, Project, projects, statement, wanted)


def _tagged(statement: Select[Any], kind: str, names: list[str]) -> Select[Any]:
    own = project_tags.c.project_id == projects.c.id
    chosen = project_tags.c.name.in_(names)
    count = select(func.count()).select_from(project_tags).where(own, chosen).scalar_subquery()
    some = exists().where(own, chosen)
    condition = {
        "tags": count == len(set(names)),
        "tags-any": some,
        "not-tags": count < len(set(names)),
        "not-tags-any": ~some,
    }[kind]
    return statement.where(condition)


def everything(tx: Transaction) -> list[Project]:
    return rows.many(tx, Project, select(projects).order_by(projects.c.id))


def children(tx: Transaction, parent_id: str) -> list[Project]:
    return rows.many(tx, Project, select(projects).where(projects.c.parent_id == parent_id).order_by(projects.c.id))


def above(tx: Transaction, project_id: str) -> list[Project]:
    """The projects above a project, nearest first."""
    return _walk(tx, project_id, upwards=True)


def below(tx: Transaction, project_id: str) -> list[Project]:
    """The projects below a project, those nearest to it first."""
    return _walk(tx, project_id, upwards=False)


def _walk(tx: Transaction, project_id: str, upwards: bool) -> list[Project]:
    start = select(projects, literal_column("0", Integer).label("depth")).where(projects.c.id == project_id)
    walk = start.cte("walk", recursive=True)
    step = projects.c.id == walk.c.parent_id if upwards else projects.c.parent_id == walk.c.id
    walk = walk.union_all(select(projects, walk.c.depth + literal_column("1", Integer)).join(walk, step))
    columns = [walk.c[column.name] for column in projects.c]
    return rows.many(tx, Project, select(*columns).where(walk.c.depth > 0).order_by(walk.c.depth, walk.c.id))


def in_domain(tx: Transaction, domain_id: str) -> list[str]:
    return [row["id"] for row in tx.all(select(projects.c.id).where(projects.c.domain_id == domain_id))]


def add(tx: Transaction, project: Project) -> Project:
    return rows.add(tx, projects, project)


def update(tx: Transaction, seen: Project, **changes: object) -> Project:
    return rows.update(tx, projects, seen, **changes)


def remove(tx: Transaction, ids: Iterable[str]) -> None:
    chosen = set(ids)
    rows.remove(tx, project_tags, project_tags.c.project_id.in_(chosen))
    rows.remove(tx, projects, projects.c.id.in_(chosen))


def tags_of(tx: Transaction, ids: Iterable[str]) -> dict[str, list[str]]:
    """The tags of several projects, by project."""
    chosen = project_tags.c.project_id.in_(set(ids))
    found = rows.grouped(tx.all(select(project_tags).where(chosen).order_by(project_tags.c.name)), "project_id")
    return {project_id: [row["name"] for row in tags] for project_id, tags in found.items()}


def set_tags(tx: Transaction, project_id: str, names: Iterable[str]) -> None:
    rows.remove(tx, project_tags, project_tags.c.project_id == project_id)
    if wanted := [{"project_id": project_id, "name": name} for name in sorted(set(names))]:
        tx.execute(project_tags.insert(), wanted)
