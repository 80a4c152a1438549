"""Rows of images, and of what is attached to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import insert, select

from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.base.errors import StaleWrite
from cupola.image.model.image import Image, Labels
from cupola.image.store.tables import images, members, properties, tags


def add(tx: Transaction, image: Image, labels: Labels) -> None:
    """Insert an image. Raises Duplicate."""
    rows.add(tx, images, image)
    _add_tags(tx, image.id, labels.tags)
    _add_properties(tx, image.id, labels.properties)


def get(tx: Transaction, image_id: str, lock: bool = False) -> Image | None:
    return rows.by_id(tx, Image, images, image_id, lock)


def get_many(tx: Transaction, ids: Collection[str]) -> list[Image]:
    return rows.many(tx, Image, select(images).where(images.c.id.in_(ids)))


def by_name(tx: Transaction, owner: str | None, name: str) -> list[Image]:
    """A project's images of one name, oldest first."""
    query = select(images).where(images.c.owner == owner, images.c.name == name)
    return rows.many(tx, Image, query.order_by(images.c.created_at, images.c.id))


def update(tx: Transaction, seen: Image, **changes: Any) -> Image:
    """Write `changes`. Raises StaleWrite."""
    return rows.update(tx, images, seen, **changes)


def remove(tx: Transaction, image: Image) -> None:
    """Delete the row as it was read, and all that is attached. Raises StaleWrite."""
    if not rows.remove(tx, images, images.c.id == image.id, images.c.generation == image.generation):
        raise StaleWrite("image", image.id)
    for table in (properties, tags, members):
        rows.remove(tx, table, table.c.image_id == image.id)


def labels(tx: Transaction, ids: Collection[str]) -> dict[str, Labels]:
    """Tags (in order) and properties of images, by image."""
    tagged: dict[str, list[str]] = {id_: [] for id_ in ids}
    owned: dict[str, dict[str, str]] = {id_: {} for id_ in ids}
    for row in tx.all(select(tags).where(tags.c.image_id.in_(ids)).order_by(tags.c.value)):
        tagged[row["image_id"]].append(row["value"])
    for row in tx.all(select(properties).where(properties.c.image_id.in_(ids)).order_by(properties.c.name)):
        owned[row["image_id"]][row["name"]] = row["value"]
    return {id_: Labels(tuple(tagged[id_]), owned[id_]) for id_ in ids}


def relabel(tx: Transaction, image_id: str, old: Labels, new: Labels) -> None:
    """Write what differs between the labels as read and as wanted."""
    if gone := set(old.tags) - set(new.tags):
        rows.remove(tx, tags, tags.c.image_id == image_id, tags.c.value.in_(gone))
    _add_tags(tx, image_id, sorted(set(new.tags) - set(old.tags)))
    changed = {name: value for name, value in new.properties.items() if old.properties.get(name) != value}
    if outdated := (set(old.properties) - set(new.properties)) | (set(changed) & set(old.properties)):
        rows.remove(tx, properties, properties.c.image_id == image_id, properties.c.name.in_(outdated))
    _add_properties(tx, image_id, changed)


def _add_tags(tx: Transaction, image_id: str, values: Iterable[str]) -> None:
    if wanted := [{"image_id": image_id, "value": value} for value in values]:
        tx.execute(insert(tags), wanted)


def _add_properties(tx: Transaction, image_id: str, values: Mapping[str, str]) -> None:
    if wanted := [{"image_id": image_id, "name": name, "value": value} for name, value in values.items()]:
        tx.execute(insert(properties), wanted)


def dead_uploads(tx: Transaction) -> list[Image]:
    """Images whose upload has not said for too long that it lives."""
    return rows.many(tx, Image, select(images).where(images.c.upload_deadline < tx.now).order_by(images.c.id))


def upload_ids(tx: Transaction) -> dict[str, tuple[str, str]]:
    """Image → (status, name of its bytes) of all images that have bytes or are getting some."""
    query = select(images.c.id, images.c.status, images.c.upload_id).where(images.c.upload_id.is_not(None))
    return {row["id"]: (row["status"], row["upload_id"]) for row in tx.all(query)}
