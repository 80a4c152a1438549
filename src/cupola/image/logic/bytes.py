"""What the store's directory has, held against what the rows say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cupola.base.context import Context
from cupola.image.logic.upload import give_up_in
from cupola.image.settings import ImageSettings
from cupola.image.store import images as store
from cupola.image.store.files import Found, ImageFiles

WITH_BYTES = ("active", "deactivated")


@dataclass(frozen=True)
class Differences:
    """Files (names) that no row names, and images (ids) whose file is not there."""

    files_without_row: tuple[str, ...]
    rows_without_file: tuple[str, ...]


def compare(ctx: Context, settings: ImageSettings) -> Differences:
    """Hold the directory against the rows. The directory is read first: a file that comes later is no difference."""
    found = ImageFiles(settings.directory).found()
    named = ctx.read("image.compare", store.upload_ids)
    there = {(file.image_id, file.upload_id) for file in found if file.complete}
    lost = [id_ for id_, (status, upload) in named.items() if status in WITH_BYTES and (id_, upload) not in there]
    if lost:  # an upload may have ended between the two looks
        files = ImageFiles(settings.directory)
        lost = [id_ for id_ in lost if not files.path(id_, named[id_][1]).exists()]
    return Differences(tuple(file.path.name for file in _unnamed(found, named)), tuple(sorted(lost)))


def remove_garbage(ctx: Context, settings: ImageSettings) -> int:
    """Remove files that no row names; says how many."""
    found = ImageFiles(settings.directory).found()
    garbage = _unnamed(found, ctx.read("image.compare", store.upload_ids)) if found else []
    for file in garbage:
        file.path.unlink(missing_ok=True)
    return len(garbage)


def _unnamed(found: list[Found], named: Mapping[str, tuple[str, str]]) -> list[Found]:
    """A row is written before its file is made, so a file listed before the rows were read has its row among them."""
    return [file for file in found if named.get(file.image_id, ("", ""))[1] != file.upload_id]


def give_up_dead_uploads(ctx: Context) -> int:
    """Make images `queued` again whose upload has not said for too long that it lives; says how many."""
    dead = ctx.read("image.dead_uploads", store.dead_uploads)
    for image in dead:
        upload_id = image.upload_id or ""
        ctx.transact("image.upload_died", lambda tx, id_=image.id, upload=upload_id: give_up_in(tx, ctx, id_, upload))  # type: ignore[misc]
    return len(dead)
