"""Changes to an image: JSON-patch operations, tags, deactivation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cupola.base import ledger, quota
from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.errors import Forbidden, NotFound
from cupola.image.errors import PropertyAbsent, PropertyPresent
from cupola.image.logic.access import demand, demand_owned, demand_visibility, find
from cupola.image.logic.images import Described, check
from cupola.image.model.image import Image, Labels
from cupola.image.model.limits import LIMITS_OF, mebibytes
from cupola.image.policies import images as policies
from cupola.image.store import images as store

FIELDS = (
    "name", "visibility", "owner", "disk_format", "container_format", "min_disk", "min_ram", "protected", "os_hidden",
)  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One operation on one attribute; `strict` adds refuse to replace (the older form of the patch)."""

    verb: str
    name: str
    value: Any = None
    strict: bool = False


def update(ctx: Context, image_id: str, changes: Sequence[Change]) -> Described:
    """Apply all changes, or none.

    Raises ImageNotFound, PolicyForbids, Forbidden, PropertyAbsent, PropertyPresent, BadInput, TooMany, OverQuota.
    """

    def write(tx: Transaction) -> Described:
        image = find(tx, ctx, image_id, lock=True)
        demand(ctx, policies.MODIFY, image)
        demand_owned(ctx, image)
        return _save(tx, image, lambda seen: _applied(ctx, seen, changes))

    return ctx.transact("image.update", write)


def _save(tx: Transaction, image: Image, change: Callable[[Described], Described]) -> Described:
    labels = store.labels(tx, [image.id])[image.id]
    wanted = change(Described(image, labels))
    check(wanted.image, wanted.labels)
    if image.owner != wanted.image.owner:
        _move_quota(tx, image, wanted.image.owner)
    store.relabel(tx, image.id, labels, wanted.labels)
    fields = {name: getattr(wanted.image, name) for name in FIELDS}
    return Described(store.update(tx, image, updated_at=tx.now, **fields), wanted.labels)


def _move_quota(tx: Transaction, image: Image, owner: str | None) -> None:
    size = mebibytes(image.size)
    if image.owner is not None:
        quota.give(tx, image.owner, image__image_count_total=1, image__image_size_total=size)
    if owner is not None:
        quota.take(tx, LIMITS_OF, owner, image__image_count_total=1, image__image_size_total=size)


def _applied(ctx: Context, seen: Described, changes: Sequence[Change]) -> Described:
    for change in changes:
        seen = _removed(seen, change) if change.verb == "remove" else _set(ctx, seen, change)
    return seen


def _set(ctx: Context, seen: Described, change: Change) -> Described:
    image, labels, name = seen.image, seen.labels, change.name
    known = name in FIELDS or name == "tags"
    if change.strict and change.verb == "add" and (known or name in labels.properties):
        raise PropertyPresent(name)
    if name == "tags":
        return Described(image, replace(labels, tags=tuple(sorted(set(change.value)))))
    if known:
        _check_field(ctx, image, name, change.value)
        return Described(replace(image, **{name: change.value}), labels)
    if change.verb == "replace" and name not in labels.properties:
        raise PropertyAbsent(name)
    return Described(image, replace(labels, properties={**labels.properties, name: change.value}))


def _check_field(ctx: Context, image: Image, name: str, value: Any) -> None:
    if name == "owner" and not ctx.is_admin:
        raise Forbidden("Owner can't be updated by non admin.")
    if name == "visibility" and value != image.visibility:
        demand_visibility(ctx, value, image.target())
    if name in ("disk_format", "container_format") and image.status != "queued":
        raise Forbidden(f"Attribute {name} can be only replaced for a queued image.")


def _removed(seen: Described, change: Change) -> Described:
    if change.name in FIELDS or change.name == "tags":
        raise Forbidden(f"Property {change.name} may not be removed.")
    if change.name not in seen.labels.properties:
        raise PropertyAbsent(change.name)
    left = {name: value for name, value in seen.labels.properties.items() if name != change.name}
    return Described(seen.image, replace(seen.labels, properties=left))


def add_tag(ctx: Context, image_id: str, tag: str) -> None:
    """A tag that is there already is fine. Raises ImageNotFound, PolicyForbids, TooMany."""

    def tagged(labels: Labels) -> Labels:
        return replace(labels, tags=tuple(sorted({*labels.tags, tag})))

    _relabel(ctx, image_id, tagged)


def remove_tag(ctx: Context, image_id: str, tag: str) -> None:
    """Raises ImageNotFound, PolicyForbids; NotFound when the image has no such tag."""

    def untagged(labels: Labels) -> Labels:
        if tag not in labels.tags:
            raise NotFound("The resource could not be found.")
        return replace(labels, tags=tuple(other for other in labels.tags if other != tag))

    _relabel(ctx, image_id, untagged)


def _relabel(ctx: Context, image_id: str, change: Callable[[Labels], Labels]) -> None:
    def write(tx: Transaction) -> None:
        image = find(tx, ctx, image_id, lock=True)
        demand(ctx, policies.MODIFY, image)
        demand_owned(ctx, image)
        _save(tx, image, lambda seen: Described(seen.image, change(seen.labels)))

    ctx.transact("image.tags", write)


def deactivate(ctx: Context, image_id: str) -> None:
    """Forbid downloads; an image that is deactivated already stays so."""
    _switch(ctx, image_id, policies.DEACTIVATE, "active", "deactivated")


def reactivate(ctx: Context, image_id: str) -> None:
    _switch(ctx, image_id, policies.REACTIVATE, "deactivated", "active")


def _switch(ctx: Context, image_id: str, rule: str, old: str, new: str) -> None:
    def write(tx: Transaction) -> None:
        image = find(tx, ctx, image_id, lock=True)
        demand(ctx, rule, image)
        demand_owned(ctx, image)
        if image.status == new:
            return
        if image.status != old:
            raise Forbidden(f"Not allowed to {rule} image in status '{image.status}'")
        store.update(tx, image, status=new, updated_at=tx.now)
        ledger.transition(tx, ctx, "image", image_id, {"status": old}, {"status": new}, image.owner)

    ctx.transact(f"image.{rule}", write)
