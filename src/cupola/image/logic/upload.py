"""Bytes come in: judged and digested while they stream, on disk before the image is `active`.

An upload owns the image's `saving` state by its id and says now and then that it lives. It ends in one transaction
that makes the image active, or one that makes it `queued` again. If its process dies, upkeep does the latter, and
bytes that no row names are removed.
"""

from __future__ import annotations

import errno
import hashlib
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from cupola.base import ledger, quota
from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.errors import OverQuota
from cupola.image.errors import (
    FormatUnset,
    ImageNotFound,
    ImageTooLarge,
    StatusForbids,
    StoreFull,
    UploadBroken,
    UploadOvertaken,
)
from cupola.image.logic.access import demand, demand_owned, find
from cupola.image.logic.images import remove_bytes
from cupola.image.model.image import Image
from cupola.image.model.inspect import Inspector
from cupola.image.model.limits import LIMITS_OF, mebibytes
from cupola.image.model.states import UPLOADING, may_follow
from cupola.image.policies import images as policies
from cupola.image.settings import ImageSettings
from cupola.image.store import images as store
from cupola.image.store.files import ImageFiles

log = logging.getLogger(__name__)

HASH = "sha512"
INSPECTED = ("bare", "ami", "aki", "ari")
"""Containers whose bytes are the disk itself; other containers are opaque, and no host opens them."""


@dataclass(frozen=True)
class Received:
    """What was learnt of the bytes."""

    size: int
    virtual_size: int | None
    checksum: str
    os_hash_value: str


def receive(
    ctx: Context,
    settings: ImageSettings,
    image_id: str,
    pieces: Iterable[bytes],
    announced: int | None = None,
    staged: bool = False,
    asked: bool = True,
) -> None:
    """Take an image's bytes and make it active, or only keep them until it is imported (`staged`).

    `announced` is the size that the client gave, if it did; `asked` is false when the cloud itself brings the bytes
    and no caller's rights are in question.

    Raises ImageNotFound, StatusForbids, FormatUnset, OverQuota before a byte is read; ImageRefused, ImageTooLarge,
    StoreFull, UploadBroken while they come; UploadOvertaken at the end. After any of these no bytes are left.
    """
    upload_id = ctx.ids.uuid()
    image, most = ctx.transact(
        "image.upload", lambda tx: _begin(tx, ctx, settings, image_id, upload_id, announced, staged, asked)
    )
    files = ImageFiles(settings.directory)
    try:
        received = _store(ctx, settings, files, image, upload_id, _within(pieces, most, announced))
        if announced is not None and received.size != announced:
            raise UploadBroken(f"The upload ended after {received.size} of {announced} bytes.")
        ctx.transact("image.uploaded", lambda tx: _end(tx, ctx, image_id, upload_id, received))
    except Exception:
        if ctx.transact("image.upload_failed", lambda tx: give_up_in(tx, ctx, image_id, upload_id)):
            remove_bytes(files, image_id, upload_id)
        raise


def _begin(
    tx: Transaction,
    ctx: Context,
    settings: ImageSettings,
    image_id: str,
    upload_id: str,
    announced: int | None,
    staged: bool,
    asked: bool,
) -> tuple[Image, _Most]:
    image, status = store.get(tx, image_id, lock=True), "uploading" if staged else "saving"
    if asked:
        image = find(tx, ctx, image_id, lock=True)
        demand(ctx, policies.MODIFY if staged else policies.UPLOAD, image)
        demand_owned(ctx, image)
    if image is None:
        raise ImageNotFound(image_id)
    if not may_follow(image.status, status):
        raise StatusForbids(image.status, status)
    if missing := [name for name in ("disk_format", "container_format") if getattr(image, name) is None]:
        raise FormatUnset(missing)
    most = _most(tx, settings, image.owner)
    if announced is not None:
        most.allow(announced)
    ledger.transition(tx, ctx, "image", image_id, {"status": image.status}, {"status": status}, image.owner)
    deadline = tx.now + timedelta(seconds=settings.upload_lease)
    return store.update(tx, image, status=status, upload_id=upload_id, upload_deadline=deadline), most


@dataclass(frozen=True)
class _Most:
    """How large an image may be: bytes that the cloud takes, and MiB of its owner's quota and use when it begins."""

    largest: int
    limit: int = quota.UNLIMITED
    used: int = 0

    def allow(self, size: int) -> None:
        """Raise ImageTooLarge or OverQuota when `size` bytes are too many. At the end they are counted for good."""
        if size > self.largest:
            raise ImageTooLarge(self.largest)
        if self.limit != quota.UNLIMITED and self.used + mebibytes(size) > self.limit:
            raise OverQuota("image_size_total", self.limit, self.used, mebibytes(size))


def _most(tx: Transaction, settings: ImageSettings, owner: str | None) -> _Most:
    if owner is None:
        return _Most(settings.largest_image)
    limit = LIMITS_OF.of(tx, owner, "image")["image_size_total"]
    return _Most(settings.largest_image, limit, quota.usage(tx, owner).get("image.image_size_total", 0))


def _within(pieces: Iterable[bytes], most: _Most, announced: int | None) -> Iterator[bytes]:
    """The bytes as long as they are not too many: none is kept that will be refused."""
    size = 0
    for piece in _from_client(pieces):
        size += len(piece)
        most.allow(size)
        if announced is not None and size > announced:
            raise UploadBroken(f"The upload went on after {announced} bytes.")
        yield piece


def _store(
    ctx: Context,
    settings: ImageSettings,
    files: ImageFiles,
    image: Image,
    upload_id: str,
    pieces: Iterable[bytes],
) -> Received:
    """Write the bytes to disk in constant memory."""
    inspector = Inspector(image.disk_format) if image.container_format in INSPECTED else None
    checksum, digest, size = hashlib.md5(usedforsecurity=False), hashlib.new(HASH), 0
    alive = _Alive(ctx, settings, image.id, upload_id)
    try:
        with files.writing(image.id, upload_id) as file:
            for piece in pieces:
                size += len(piece)
                if inspector is not None:
                    inspector.feed(piece)
                checksum.update(piece)
                digest.update(piece)
                file.write(piece)
                alive.say()
            virtual_size = inspector.finish().virtual_size if inspector is not None else None
    except FileNotFoundError as error:  # the file was removed under our hands, for no row named it any more
        raise UploadOvertaken(image.id) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull from error
        raise
    return Received(size, virtual_size, checksum.hexdigest(), digest.hexdigest())


def _from_client(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The client's bytes; what goes wrong with the connection is told apart from what goes wrong with the disk."""
    iterator = iter(pieces)
    while True:
        try:
            piece = next(iterator, b"")
        except OSError as error:
            raise UploadBroken(f"The upload broke off: {error or type(error).__name__}") from error
        if not piece:
            return
        yield piece


class _Alive:
    """Says in the row, a few times per lease, that the upload lives. Raises UploadOvertaken when it is not wanted."""

    def __init__(self, ctx: Context, settings: ImageSettings, image_id: str, upload_id: str) -> None:
        self._ctx, self._image_id, self._upload_id = ctx, image_id, upload_id
        self._lease = timedelta(seconds=settings.upload_lease)
        self._next = ctx.now() + self._lease / 4

    def say(self) -> None:
        if self._ctx.now() < self._next:
            return
        self._ctx.transact("image.upload_lives", self._prolong)
        self._next = self._ctx.now() + self._lease / 4

    def _prolong(self, tx: Transaction) -> None:
        image = _own(tx, self._image_id, self._upload_id)
        store.update(tx, image, upload_deadline=tx.now + self._lease)


def _own(tx: Transaction, image_id: str, upload_id: str) -> Image:
    image = store.get(tx, image_id, lock=True)
    if image is None or image.upload_id != upload_id:
        raise UploadOvertaken(image_id)
    return image


def _end(tx: Transaction, ctx: Context, image_id: str, upload_id: str, received: Received) -> None:
    """All bytes are on disk: count them, and note what was learnt of them; a `saving` image is active now.

    Raises OverQuota.
    """
    image = store.update(
        tx,
        _own(tx, image_id, upload_id),
        size=received.size,
        virtual_size=received.virtual_size,
        checksum=received.checksum,
        os_hash_algo=HASH,
        os_hash_value=received.os_hash_value,
        upload_deadline=None,
        updated_at=tx.now,
    )
    if image.owner is not None:
        quota.take(tx, LIMITS_OF, image.owner, image__image_size_total=mebibytes(image.size))
    if image.status == "saving":
        activate_in(tx, ctx, image)


def activate_in(tx: Transaction, ctx: Context, image: Image) -> None:
    """Make an image whose bytes are there active."""
    store.update(tx, image, status="active", updated_at=tx.now)
    ledger.transition(tx, ctx, "image", image.id, {"status": image.status}, {"status": "active"}, image.owner)


def give_up_in(tx: Transaction, ctx: Context, image_id: str, upload_id: str) -> bool:
    """Make the image `queued` again if it waits for this upload; says whether the upload's bytes are garbage."""
    image = store.get(tx, image_id, lock=True)
    if image is None or image.upload_id != upload_id:
        return True
    if image.status not in UPLOADING:
        return False
    if image.owner is not None and image.size:
        quota.give(tx, image.owner, image__image_size_total=mebibytes(image.size))
    nothing = dict.fromkeys(("size", "virtual_size", "checksum", "os_hash_algo", "os_hash_value"))
    store.update(tx, image, status="queued", upload_id=None, upload_deadline=None, **nothing)
    ledger.transition(tx, ctx, "image", image_id, {"status": image.status}, {"status": "queued"}, image.owner)
    return True
