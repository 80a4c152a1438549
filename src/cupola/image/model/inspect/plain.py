"""Images without a container of their own: ISO 9660 file systems and raw disks."""

from typing import Literal

from cupola.image.model.inspect.image import Format, Image

Partitions = Literal["gpt", "mbr"]


class Iso(Format):
    """An ISO 9660 file system: a disc's first volume descriptor stands at byte 32768."""

    name = "iso"

    def matches(self, image: Image) -> bool:
        return image.head[32769:32774] == b"CD001"

    def measure(self, image: Image) -> int:
        return image.size or 0


class Raw(Format):
    """The disk itself, byte by byte; so is whatever no other format claims (a kernel, a ramdisk)."""

    name = "raw"

    def matches(self, image: Image) -> bool:
        return True

    def measure(self, image: Image) -> int:
        return image.size or 0


def partitions(head: bytes) -> Partitions | None:
    """The kind of partition table at the start of a raw disk, of sectors of 512 or 4096 bytes."""
    if head[510:512] != b"\x55\xaa":
        return None
    if any(head[at : at + 8] == b"EFI PART" for at in (512, 4096)):
        return "gpt"
    entries = [head[at : at + 16] for at in range(446, 510, 16)]
    used = [entry for entry in entries if entry[4]]
    sound = all(entry[0] in (0, 0x80) and any(entry[12:16]) for entry in used)
    return "mbr" if used and sound else None
