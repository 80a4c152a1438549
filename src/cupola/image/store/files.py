"""The bytes of images: one directory, one file each, named after the image and the upload that brought it.

`<image>.<upload>.part` is being written; `<image>.<upload>` is complete and on disk. A file whose two ids no row names
is garbage, whatever happened: the database decides, and nothing has to be remembered elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

PART = ".part"
CHUNK = 1 << 18


@dataclass(frozen=True)
class Found:
    """A file of the directory."""

    path: Path
    image_id: str
    upload_id: str
    complete: bool


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
        for path in (final, final.with_name(final.name + PART)):
            path.unlink(missing_ok=True)

    def found(self) -> list[Found]:
        """All files that are images' bytes, whole or in part, in the order of their names."""
        if not self.directory.is_dir():
            return []
        listed = []
        for path in sorted(self.directory.iterdir()):
            complete = path.suffix != PART
            image_id, dot, upload_id = (path.name if complete else path.stem).partition(".")
            if dot and path.is_file():
                listed.append(Found(path, image_id, upload_id, complete))
        return listed

    def _sync_directory(self) -> None:
        """A rename is on disk only when its directory is."""
        descriptor = os.open(self.directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _pieces(file: BinaryIO, start: int, length: int | None) -> Iterator[bytes]:
    with file:
        file.seek(start)
        left = length
        while piece := file.read(CHUNK if left is None else min(CHUNK, left)):
            yield piece
            if left is not None:
                left -= len(piece)
