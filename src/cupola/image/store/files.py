"""The bytes of images: one directory, one file each, named after the image and the upload that brought it.

`<image>.<upload>.part` is being written; `<image>.<upload>` is complete and on disk. The database decides which files
are wanted, and nothing has to be remembered elsewhere. But the database may be the wrong one, or an older one that was
restored: a complete file that no row names is set aside in `lost/`, and comes back when a row names it again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

PART = ".part"
CHUNK = 1 << 18
LOST = "lost"


@dataclass(frozen=True)
class Found:
    """A file of the directory."""

    path: Path
    image_id: str
    upload_id: str
    complete: bool
    since: datetime
    """When it was written, or set aside."""


class ImageFiles:
    """The directory that keeps the bytes."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, image_id: str, upload_id: str) -> Path:
        return self.directory / f"{image_id}.{upload_id}"

    @contextmanager
    def writing(self, image_id: str, upload_id: str) -> Iterator[BinaryIO]:
        """A new file to write to; on disk under its name when the block ends, gone when it raises."""
        self.directory.mkdir(parents=True, exist_ok=True)
        final = self.path(image_id, upload_id)
        part = final.with_name(final.name + PART)
        try:
            with part.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.rename(final)
            self._sync_directory()
        except Exception:
            part.unlink(missing_ok=True)
            raise

    def read(self, image_id: str, upload_id: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes from `start`, at most `length` of them. Raises FileNotFoundError at once, not at the first byte."""
        file = self.path(image_id, upload_id).open("rb")
        return _pieces(file, start, length)

    def remove(self, image_id: str, upload_id: str) -> None:
        """Take the bytes away; nothing to take away is fine."""
        final = self.path(image_id, upload_id)
        for path in (final, final.with_name(final.name + PART), self.directory / LOST / final.name):
            path.unlink(missing_ok=True)

    def found(self) -> list[Found]:
        """All files that are images' bytes, whole or in part, in the order of their names."""
        return _found(self.directory)

    def set_aside(self, file: Found, now: datetime) -> None:
        """Keep the bytes where nobody reads them; nothing to keep is fine. Raises OSError."""
        lost = self.directory / LOST
        lost.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            os.utime(file.path, (now.timestamp(), now.timestamp()))  # first: its age counts from now, come what may
            file.path.rename(lost / file.path.name)

    def lost(self) -> list[Found]:
        """What is set aside, in the order of the names."""
        return _found(self.directory / LOST)

    def bring_back(self, file: Found) -> None:
        """Put bytes that were set aside where they were; nothing to put back is fine. Raises OSError."""
        with suppress(FileNotFoundError):
            file.path.rename(self.path(file.image_id, file.upload_id))

    def _sync_directory(self) -> None:
        """A rename is on disk only when its directory is."""
        descriptor = os.open(self.directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _found(directory: Path) -> list[Found]:
    if not directory.is_dir():
        return []
    listed = []
    for path in sorted(directory.iterdir()):
        complete = path.suffix != PART
        image_id, dot, upload_id = (path.name if complete else path.stem).partition(".")
        try:
            status = path.stat()
        except FileNotFoundError:  # it was removed meanwhile
            continue
        if dot and S_ISREG(status.st_mode):
            written = datetime.fromtimestamp(status.st_mtime, UTC)
            listed.append(Found(path, image_id, upload_id, complete, written))
    return listed


def _pieces(file: BinaryIO, start: int, length: int | None) -> Iterator[bytes]:
    with file:
        file.seek(start)
        left = length
        while piece := file.read(CHUNK if left is None else min(CHUNK, left)):
            yield piece
            if left is not None:
                left -= len(piece)
