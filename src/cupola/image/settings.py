"""Settings of the image service."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ImageSettings:
    """Section `[image]` of the configuration.

    `upload_lease` is how long, in seconds, an upload that no longer says that it lives is believed to; `page` and
    `longest_page` are the length of a list page that no limit was asked for, and the most that may be asked for.
    `lost_days` is how long complete files that no image names are kept in `lost/` of the directory.
    """

    directory: Path = Path("/var/lib/cupola/images")
    store_id: str = "file"
    largest_image: int = 1 << 40
    upload_lease: int = 300
    lost_days: int = 30
    page: int = 25
    longest_page: int = 1000
