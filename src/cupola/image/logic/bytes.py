"""What the store's directory has, held against what the rows say."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from cupola.base.context import Context
from cupola.image.logic.upload import give_up_in
from cupola.image.settings import ImageSettings
from cupola.image.store import images as store
from cupola.image.store.files import Found, ImageFiles

log = logging.getLogger(__name__)

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


@dataclass(frozen=True)
class Tidied:
    """How many files were set aside, came back, and were removed."""

    set_aside: int
    brought_back: int
    removed: int


def tidy(ctx: Context, settings: ImageSettings) -> Tidied:
    """Set complete files aside that no row names, bring back those that a row names again, and remove what was set
    aside for `lost_days`, and parts that no row names.

    A row that is not there is no proof: the database may be an empty one, or one that was restored from a backup that
    is older than the file.
    """
    files = ImageFiles(settings.directory)
    found, lost = files.found(), files.lost()
    if not found and not lost:
        return Tidied(0, 0, 0)
    named = ctx.read("image.compare", store.upload_ids)
    unnamed = _unnamed(found, named)
    forgotten = _unnamed(lost, named)
    aside = [file for file in unnamed if file.complete]
    back = [file for file in lost if file not in forgotten]
    before = ctx.now() - timedelta(days=settings.lost_days)
    over = [file for file in unnamed if not file.complete] + [file for file in forgotten if file.since < before]
    for file in aside:
        log.warning("no image of this database names %s: it is set aside for %d days", file.path, settings.lost_days)
        files.set_aside(file, ctx.now())
    for file in back:
        log.info("an image names %s, which was set aside: it is put back", file.path)
        files.bring_back(file)
    for file in over:
        file.path.unlink(missing_ok=True)
    return Tidied(len(aside), len(back), len(over))


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
