"""Lists of images as SQL."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, or_, select, true

from cupola.base.db.paging import Page, paged
from cupola.base.db.transaction import Transaction
from cupola.image.model.image import FOR_ALL, Image
from cupola.image.model.selection import Condition, Selection
from cupola.image.store.tables import images, members, properties, tags

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "neq": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "in": lambda column, values: column.in_(values),
}


def listed(tx: Transaction, wanted: Selection, project_id: str | None, everything: bool, page: Page) -> list[Image]:
    """A page of the images that a project sees (`everything`: an administrator sees other projects' too)."""
    conditions = [
        *(_condition(condition) for condition in wanted.conditions),
        *(_attached(wanted)),
        true() if everything else _seen(project_id, wanted.member_status),
        _of_visibility(wanted.visibility, project_id),
    ]
    return [Image(**row) for row in paged(tx, images, select(images).where(*conditions), page)]


def _condition(condition: Condition) -> ColumnElement[bool]:
    made: ColumnElement[bool] = _COMPARE[condition.operator](images.c[condition.column], condition.value)
    return made


def _attached(wanted: Selection) -> Iterator[ColumnElement[bool]]:
    """Every wanted tag and property is there."""
    for tag in wanted.tags:
        yield images.c.id.in_(select(tags.c.image_id).where(tags.c.value == tag))
    for name, value in wanted.properties:
        having = select(properties.c.image_id).where(properties.c.name == name, properties.c.value == value)
        yield images.c.id.in_(having)


def _seen(project_id: str | None, member_status: str) -> ColumnElement[bool]:
    shared = select(members.c.image_id).where(members.c.member_id == project_id)
    if member_status != "all":
        shared = shared.where(members.c.status == member_status)
    return or_(
        images.c.visibility.in_(FOR_ALL),
        images.c.owner == project_id,
        (images.c.visibility == "shared") & images.c.id.in_(shared),
    )


def _of_visibility(visibility: str | None, project_id: str | None) -> ColumnElement[bool]:
    """Others' community images are listed only when asked for."""
    if visibility == "all":
        return true()
    if visibility is not None:
        return images.c.visibility == visibility
    return or_(images.c.visibility != "community", images.c.owner == project_id)
