"""What is counted: per project (quota), and per image."""

from __future__ import annotations

from cupola.base.quota import UNLIMITED, Limit, Limits

LIMITS = (
    Limit("image.image_count_total", UNLIMITED),
    Limit("image.image_size_total", UNLIMITED),  # MiB, each image rounded up
)
LIMITS_OF = Limits(LIMITS)

MOST_PROPERTIES = 128
MOST_TAGS = 128
MOST_MEMBERS = 128
MIB = 1 << 20


def mebibytes(size: int | None) -> int:
    """What an image of `size` bytes counts against image_size_total."""
    return -(-(size or 0) // MIB)
