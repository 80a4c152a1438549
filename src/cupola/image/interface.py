"""All that other services may ask of the image service."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.image.logic import bytes as files
from cupola.image.logic import download, images, upload
from cupola.image.logic import registered as registered_images
from cupola.image.logic.bytes import Differences
from cupola.image.logic.images import create_in
from cupola.image.logic.upload import INSPECTED
from cupola.image.model.image import Labels
from cupola.image.settings import ImageSettings
from cupola.image.store import images as store
from cupola.image.store import members

__all__ = [
    "Differences", "ImageFacts", "Labels", "compare", "create_in", "delete_in", "get_in", "open_bytes", "receive",
    "register", "registered",
]  # fmt: skip


@dataclass(frozen=True)
class ImageFacts:
    """What a service needs to know of an image before it uses it. Sizes in bytes, `min_disk` GiB, `min_ram` MiB."""

    id: str
    name: str | None
    status: str
    owner: str | None
    visibility: str
    disk_format: str | None
    container_format: str | None
    size: int | None
    virtual_size: int | None
    checksum: str | None
    os_hash_algo: str | None
    os_hash_value: str | None
    min_disk: int
    min_ram: int
    protected: bool
    properties: Mapping[str, str]
    tags: tuple[str, ...]
    members: frozenset[str]

    @property
    def inspected(self) -> bool:
        """Whether the bytes were found to be what `disk_format` says; a host opens no others."""
        return self.container_format in INSPECTED

    def visible_to(self, ctx: Context) -> bool:
        """Whether the caller may see and use the image."""
        if ctx.is_admin or self.owner is None or self.visibility in ("public", "community"):
            return True
        if ctx.project_id is None:
            return False
        return ctx.project_id == self.owner or (self.visibility == "shared" and ctx.project_id in self.members)


def get_in(tx: Transaction, ids: Collection[str]) -> dict[str, ImageFacts]:
    """The images of these ids that exist, whoever may see them (`visible_to` says)."""
    found = store.get_many(tx, ids)
    labels, shared = store.labels(tx, [image.id for image in found]), members.ids_of(tx, [image.id for image in found])
    return {
        image.id: ImageFacts(
            id=image.id,
            name=image.name,
            status=image.status,
            owner=image.owner,
            visibility=image.visibility,
            disk_format=image.disk_format,
            container_format=image.container_format,
            size=image.size,
            virtual_size=image.virtual_size,
            checksum=image.checksum,
            os_hash_algo=image.os_hash_algo,
            os_hash_value=image.os_hash_value,
            min_disk=image.min_disk,
            min_ram=image.min_ram,
            protected=image.protected,
            properties=labels[image.id].properties,
            tags=labels[image.id].tags,
            members=shared[image.id],
        )
        for image in found
    }


def open_bytes(settings: ImageSettings) -> Callable[[Context, str, int], Iterator[bytes]]:
    """How a host gets an image's bytes: (context, image id, first byte) → pieces. Raises ImageNotFound,
    ImageWithoutBytes."""
    return lambda ctx, image_id, start: download.open_bytes(ctx, settings, image_id, start)


def receive(settings: ImageSettings) -> Callable[[Context, str, Iterator[bytes]], None]:
    """How the cloud itself fills an image that a service made with `create_in` (a snapshot): no rights are asked for.

    See `logic.upload.receive` for what it raises.
    """
    return lambda ctx, image_id, pieces: upload.receive(ctx, settings, image_id, pieces, asked=False)


def delete_in(tx: Transaction, ctx: Context, image_id: str) -> None:
    """Delete an image that a service made and cannot fill; one that is gone already is fine. Upkeep takes the bytes."""
    image = store.get(tx, image_id, lock=True)
    if image is not None:
        images.delete_in(tx, ctx, image)


def registered(ctx: Context, name: str) -> str | None:
    """The id of the caller's project's active image of that name, if there is one."""
    return registered_images.registered(ctx, name)


def register(
    ctx: Context,
    settings: ImageSettings,
    name: str,
    path: Path,
    disk_format: str,
    visibility: str = "public",
    properties: Mapping[str, str] | None = None,
) -> str:
    """Make a file an image of the caller's project, unless it has an active one of that name; returns its id."""
    return registered_images.register(ctx, settings, name, path, disk_format, visibility, properties or {})


def compare(ctx: Context, settings: ImageSettings) -> Differences:
    """Files without a row, and rows without their file."""
    return files.compare(ctx, settings)
