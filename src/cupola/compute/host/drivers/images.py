"""The host's image cache: each image is fetched once, verified, and then shared, read-only, by all overlays on it."""

import contextlib
import hashlib
import json
import os
import threading
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Protocol

from cupola.compute.host.drivers.command import run
from cupola.compute.host.drivers.durable import sync_directory
from cupola.compute.host.drivers.effects import Effects
from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.model.machine import ImageRef

IDLE = 24 * 3600
"""seconds"""


class ImageSource(Protocol):
    """Where a host gets images from."""

    def open(self, image_id: str) -> Iterator[bytes]:
        """Return the image's data in chunks; may raise OSError or HypervisorError, at once or on the way."""
        ...


class Images:
    """The cache in one directory, one file per image."""

    def __init__(self, directory: Path, source: ImageSource, as_user: list[str]) -> None:
        self._directory, self._source, self._as_user = directory, source, as_user
        self._lock = threading.Lock()
        self._busy: dict[str, threading.Lock] = {}
        for partial in directory.glob("*.partial"):
            partial.unlink()

    def path(self, image: ImageRef) -> Path:
        """Return where the image is, or would be."""
        return self._directory / image.image_id

    def get(self, image: ImageRef, effects: Effects) -> Path:
        """Return the path of the image, fetched if need be. Raises HypervisorError when it is not what was promised."""
        path = self.path(image)
        with self._lock:
            busy = self._busy.setdefault(image.image_id, threading.Lock())
        with busy:
            if not self._claimed(path):
                partial = path.with_name(f"{path.name}.partial")
                try:
                    with effects.doing("image fetched", f"{image.image_id}, {image.size_bytes} bytes"):
                        self._fetch(image, partial)
                    self._refuse_references(image, partial, effects)
                    partial.rename(path)
                finally:
                    partial.unlink(missing_ok=True)
                sync_directory(self._directory)
        return path

    def _claimed(self, path: Path) -> bool:
        """Whether an image is there, used as of now."""
        with self._lock, contextlib.suppress(FileNotFoundError):
            os.utime(path)
            return True
        return False

    def forget_idle(self, used: Collection[Path]) -> None:
        """Delete the images that no guest of `used` lies on and that nobody has asked for in a day."""
        with self._lock:
            for path in self._directory.iterdir():
                idle = time.time() - path.stat().st_mtime > IDLE
                if idle and path not in used and path.suffix != ".partial":
                    path.unlink()

    def virtual_size(self, image: ImageRef, effects: Effects) -> int:
        """Return the size of the disk that a cached image holds, in bytes."""
        return int(self._info(image, self.path(image), effects)["virtual-size"])

    def _fetch(self, image: ImageRef, partial: Path) -> None:
        algorithm, _, expected = image.checksum.partition(":")
        if algorithm not in hashlib.algorithms_guaranteed or not expected:
            raise HypervisorError("image fetched", f"unknown checksum {image.checksum!r}")
        digest, size = hashlib.new(algorithm, usedforsecurity=False), 0
        with partial.open("wb") as file:
            for chunk in self._source.open(image.image_id):
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
            file.flush()
            os.fsync(file.fileno())
        partial.chmod(0o644)
        if size != image.size_bytes:
            raise HypervisorError("image fetched", f"{image.image_id} has {size} bytes, not {image.size_bytes}")
        if digest.hexdigest() != expected:
            raise HypervisorError("image fetched", f"{image.image_id} has {algorithm} {digest.hexdigest()}: damaged")

    def _refuse_references(self, image: ImageRef, path: Path, effects: Effects) -> None:
        """An image that names other files would show its user the host's own."""
        info = self._info(image, path, effects)
        details = info.get("format-specific", {}).get("data", {})
        if "backing-filename" in info or "data-file" in details:
            raise HypervisorError("image checked", f"{image.image_id} refers to another file")

    def _info(self, image: ImageRef, path: Path, effects: Effects) -> Any:
        # The user's data is parsed as the unprivileged user, and never with a guessed format.
        argv = [*self._as_user, "qemu-img", "info", "-U", "--output=json", "-f", image.disk_format, str(path)]
        return json.loads(run(effects, "image checked", argv))
