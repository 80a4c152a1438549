"""Images: made, listed, shown and deleted."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cupola.base import ledger, quota
from cupola.base.context import Context
from cupola.base.db.paging import Page
from cupola.base.db.transaction import Duplicate, Transaction
from cupola.base.errors import BadInput, PolicyForbids
from cupola.image.errors import ImageExists, ImageNotFound, ImageProtected, NotOwned, TooMany
from cupola.image.logic.access import demand, demand_owned, demand_visibility, find
from cupola.image.model.image import Image, Labels
from cupola.image.model.limits import LIMITS_OF, MOST_PROPERTIES, MOST_TAGS, mebibytes
from cupola.image.model.selection import Selection
from cupola.image.policies import images as policies
from cupola.image.settings import ImageSettings
from cupola.image.store import images as store
from cupola.image.store import selection
from cupola.image.store.files import ImageFiles

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Described:
    """An image with what is attached to it."""

    image: Image
    labels: Labels


def create(ctx: Context, wanted: Mapping[str, Any], labels: Labels, image_id: str | None = None) -> Described:
    """Record a `queued` image; `wanted` has fields of Image.

    Raises BadInput, PolicyForbids, NotOwned, ImageExists, OverQuota, TooMany.
    """
    id_ = image_id or ctx.ids.uuid()
    return ctx.transact("image.create", lambda tx: create_in(tx, ctx, id_, wanted, labels))


def create_in(tx: Transaction, ctx: Context, image_id: str, wanted: Mapping[str, Any], labels: Labels) -> Described:
    image = Image(id=image_id, created_at=tx.now, updated_at=tx.now, **{"owner": ctx.project_id, **wanted})
    target = image.target()
    try:
        ctx.authorize(policies.ADD, target)
    except PolicyForbids:
        if image.owner != ctx.project_id:
            raise NotOwned(f"You are not permitted to create images owned by '{image.owner}'.") from None
        raise
    demand_visibility(ctx, image.visibility, target)
    check(image, labels)
    if image.owner is not None:
        quota.take(tx, LIMITS_OF, image.owner, image__image_count_total=1)
    try:
        with tx.savepoint():
            store.add(tx, image, labels)
    except Duplicate:
        raise ImageExists(image_id) from None
    ledger.transition(tx, ctx, "image", image_id, None, {"status": image.status}, image.owner)
    return Described(image, labels)


def check(image: Image, labels: Labels) -> None:
    """What no schema says. Raises BadInput, TooMany."""
    for name, value in (("min_disk", image.min_disk), ("min_ram", image.min_ram)):
        if not 0 <= value < 1 << 31:
            raise BadInput(f"Invalid value '{value}' for parameter '{name}': Cannot be a negative value")
    for what, limit, found in (
        ("properties", MOST_PROPERTIES, len(labels.properties)),
        ("tags", MOST_TAGS, len(labels.tags)),
    ):
        if found > limit:
            raise TooMany(what, limit, found)


def show(ctx: Context, image_id: str) -> Described:
    """Raises ImageNotFound."""

    def read(tx: Transaction) -> Described:
        image = find(tx, ctx, image_id)
        demand(ctx, policies.GET, image)
        return Described(image, store.labels(tx, [image_id])[image_id])

    return ctx.read("image.show", read)


def listed(ctx: Context, wanted: Selection, page: Page) -> list[Described]:
    """The images that the caller sees. Raises BadInput for a marker that names none."""

    def read(tx: Transaction) -> list[Described]:
        ctx.authorize(policies.LIST)
        if page.marker is not None:
            _check_marker(tx, ctx, page.marker)
        found = selection.listed(tx, wanted, ctx.project_id, ctx.is_admin, page)
        labels = store.labels(tx, [image.id for image in found])
        return [Described(image, labels[image.id]) for image in found if ctx.may(policies.GET, image.target())]

    return ctx.read("image.list", read)


def _check_marker(tx: Transaction, ctx: Context, marker: str) -> None:
    try:
        find(tx, ctx, marker)
    except ImageNotFound as error:
        raise BadInput(error.message) from error


def delete(ctx: Context, settings: ImageSettings, image_id: str) -> None:
    """The row goes with the commit, the bytes right after it. Raises ImageNotFound, ImageProtected, PolicyForbids."""
    files = ImageFiles(settings.directory)

    def write(tx: Transaction) -> None:
        image = find(tx, ctx, image_id, lock=True)
        demand(ctx, policies.DELETE, image)
        demand_owned(ctx, image)
        if image.protected:
            raise ImageProtected(image_id)
        delete_in(tx, ctx, image)
        upload_id = image.upload_id
        if upload_id is not None:
            tx.after_commit(lambda: remove_bytes(files, image_id, upload_id))

    try:
        ctx.transact("image.delete", write)
    except ImageNotFound as error:
        raise ImageNotFound(image_id, "delete") from error


def delete_in(tx: Transaction, ctx: Context, image: Image) -> None:
    """Take an image's row and give back its quota; its bytes are garbage from the commit on."""
    if image.owner is not None:
        quota.give(tx, image.owner, image__image_count_total=1, image__image_size_total=mebibytes(image.size))
    store.remove(tx, image)
    ledger.transition(tx, ctx, "image", image.id, {"status": image.status}, None, image.owner)


def remove_bytes(files: ImageFiles, image_id: str, upload_id: str) -> None:
    """Remove bytes that no row names any more; what fails here is mended by upkeep."""
    try:
        files.remove(image_id, upload_id)
    except OSError:
        log.warning("bytes of image %s could not be removed; upkeep will", image_id, exc_info=True)
