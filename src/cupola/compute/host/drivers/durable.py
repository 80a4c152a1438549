"""Small files that are either the old or the new contents after a crash or a power failure, never a part."""

import os
from pathlib import Path


def write_durably(path: Path, contents: bytes, mode: int = 0o600) -> None:
    """Replace `path` by `contents`; on return they are on the disk. Raises OSError."""
    fresh = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(contents)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make the names in a directory (renames, removals) durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
