"""What must hold: every image that has bytes has its file, and no file is there for nobody."""

from __future__ import annotations

from collections.abc import Iterator

from cupola.base.context import Context
from cupola.base.observe.findings import Finding
from cupola.image.logic.bytes import compare
from cupola.image.settings import ImageSettings


def bytes_match(settings: ImageSettings, ctx: Context) -> Iterator[Finding]:
    """Hold the store's directory against the rows."""
    found = compare(ctx, settings)
    for image_id in found.rows_without_file:
        yield Finding(
            "image.lost",
            f"image/{image_id}",
            f"The image's bytes are not in {settings.directory}.",
            "Put the file back from a backup, or delete the image; servers that were made of it keep running.",
        )
    for name in found.files_without_row:
        yield Finding(
            "image.garbage",
            f"file/{name}",
            f"{settings.directory / name} belongs to no image.",
            "Upkeep sets it aside in lost/, and puts it back when an image names it; nothing need be done, unless "
            "this is not the database that it should be.",
        )
