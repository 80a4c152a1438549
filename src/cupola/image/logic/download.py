"""Bytes go out."""

from __future__ import annotations

from collections.abc import Iterator

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.errors import Forbidden
from cupola.image.errors import ImageNotFound, ImageWithoutBytes
from cupola.image.logic.access import demand, find
from cupola.image.model.image import Image
from cupola.image.policies import images as policies
from cupola.image.settings import ImageSettings
from cupola.image.store import images as store
from cupola.image.store.files import ImageFiles


def downloadable(ctx: Context, image_id: str) -> Image:
    """The image whose bytes the caller may have. Raises ImageNotFound, ImageWithoutBytes, Forbidden."""

    def read(tx: Transaction) -> Image:
        image = find(tx, ctx, image_id)
        if image.status == "deactivated" and not ctx.is_admin:
            ctx.authorize(policies.GET, image.target(), ImageNotFound(image_id))
            raise Forbidden("The requested image has been deactivated. Image data download is forbidden.")
        demand(ctx, policies.DOWNLOAD, image)
        if not image.has_bytes:
            raise ImageWithoutBytes(f"Image {image_id} has no data.")
        return image

    return ctx.read("image.download", read)


def pieces(settings: ImageSettings, image: Image, start: int = 0, length: int | None = None) -> Iterator[bytes]:
    """The bytes of an image that has some. Raises ImageWithoutBytes when the store has lost them."""
    try:
        return ImageFiles(settings.directory).read(image.id, image.upload_id or "", start, length)
    except FileNotFoundError as error:
        raise ImageWithoutBytes(f"The bytes of image {image.id} are not in the store.") from error


def open_bytes(ctx: Context, settings: ImageSettings, image_id: str, start: int = 0) -> Iterator[bytes]:
    """The bytes of an image, from one on, for a host that is to run it. Raises ImageNotFound, ImageWithoutBytes."""
    image = ctx.read("image.open", lambda tx: store.get(tx, image_id))
    if image is None:
        raise ImageNotFound(image_id)
    if not image.has_bytes:
        raise ImageWithoutBytes(f"Image {image_id} has no data.")
    return pieces(settings, image, start)
