"""What is kept of an image while it streams by, and what a format makes of it."""

from dataclasses import dataclass

from cupola.image.model.inspect.refused import ImageRefused

HEAD = 320 * 1024
"""Bytes kept from the start: all that any format keeps at a fixed place (VHDX's second region table ends here)."""

TAIL = 3 * 512
"""Bytes kept from the end: VMDK's footer with its markers; VHD's footer is the last third."""


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes wanted from further inside: never longer than a format's own small table."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Image:
    """The parts of an image. Before its end is reached, `size` is None, `tail` and `inside` are empty."""

    head: bytes
    tail: bytes = b""
    inside: bytes = b""
    size: int | None = None

    def has(self, offset: int, length: int) -> bool:
        """Whether the image has these bytes; before its end is reached they may still come."""
        return self.size is None or offset + length <= self.size


class Format:
    """One format: how it is known, what in it is refused, how large the disk inside is.

    `examine` sees the head alone, so that a refusal need not wait for the end of a long upload; `measure` sees all.
    """

    name: str
    known_by_head: bool = True

    def matches(self, image: Image) -> bool:
        """Whether the image is of this format."""
        raise NotImplementedError

    def examine(self, image: Image) -> Range | None:
        """Judge the head; say what is wanted from further inside. Raises ImageRefused."""
        return None

    def measure(self, image: Image) -> int:
        """Judge the whole; the virtual size in bytes. Raises ImageRefused."""
        raise NotImplementedError

    def require(self, condition: bool, field: str, cause: str) -> None:
        """Refuse the image unless the condition holds."""
        if not condition:
            raise ImageRefused(self.name, field, cause)

    def require_inside(self, image: Image, field: str, offset: int, length: int) -> None:
        """Refuse the image if something it points to lies beyond its end."""
        end = offset + length
        self.require(image.has(offset, length), field, f"ends at byte {end}, the file at byte {image.size}")
