"""An image made from a file of this machine: what a new cloud starts with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from cupola.base.context import Context
from cupola.image.logic import upload
from cupola.image.logic.images import create
from cupola.image.model.image import Image, Labels
from cupola.image.settings import ImageSettings
from cupola.image.store import images as store

PIECE = 1 << 18


def registered(ctx: Context, name: str) -> str | None:
    """The id of the caller's project's image of this name that has its bytes, if there is one."""
    found = ctx.read("image.registered", lambda tx: store.by_name(tx, ctx.project_id, name))
    return next((image.id for image in found if image.has_bytes), None)


def register(
    ctx: Context,
    settings: ImageSettings,
    name: str,
    path: Path,
    disk_format: str,
    visibility: str,
    properties: Mapping[str, str],
) -> str:
    """The id of the caller's project's image of this name, made and filled as far as that was not done before."""
    found = ctx.read("image.registered", lambda tx: store.by_name(tx, ctx.project_id, name))
    for image in found:
        if image.has_bytes:
            return image.id
    if found:
        image_id = found[0].id
        _take_over(ctx, found[0])
    else:
        wanted = {"name": name, "disk_format": disk_format, "container_format": "bare", "visibility": visibility}
        image_id = create(ctx, wanted, Labels((), dict(properties))).image.id
    upload.receive(ctx, settings, image_id, _pieces(path), path.stat().st_size)
    return image_id


def _take_over(ctx: Context, image: Image) -> None:
    """An upload that is under way is that of a start which died; if it lives after all, it ends overtaken."""
    upload_id = image.upload_id
    if upload_id is not None:
        ctx.transact("image.register_anew", lambda tx: upload.give_up_in(tx, ctx, image.id, upload_id))


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
