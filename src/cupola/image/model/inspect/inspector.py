"""Inspection of an image while it is uploaded: what it is, how large its disk is, and whether a host may open it.

The bytes are seen once, in chunks of any size; less than half a MiB of them is kept.
"""

from dataclasses import dataclass

from cupola.image.model.inspect.foreign import FOREIGN
from cupola.image.model.inspect.image import HEAD, TAIL, Format, Image, Range
from cupola.image.model.inspect.plain import Iso, Partitions, Raw, partitions
from cupola.image.model.inspect.qcow2 import Qcow2
from cupola.image.model.inspect.refused import ImageRefused
from cupola.image.model.inspect.vdi import Vdi
from cupola.image.model.inspect.vhd import Vhd
from cupola.image.model.inspect.vhdx import Vhdx
from cupola.image.model.inspect.vmdk import Vmdk

RAW = Raw()
FORMATS: tuple[Format, ...] = (Qcow2(), Vmdk(), Vdi(), Vhd(), Vhdx(), Iso(), *FOREIGN)
DECLARED = {
    **{name: name for name in ("raw", "qcow2", "vmdk", "vdi", "vhd", "vhdx", "iso")},
    **dict.fromkeys(("ami", "aki", "ari"), "raw"),
}
"""What an image of each `disk_format` must turn out to be; kernels, ramdisks and machine images have no mark."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the image is. Sizes are in bytes: of the file, and of the disk that a server will see."""

    format: str
    size: int
    virtual_size: int
    partitions: Partitions | None


class Inspector:
    """Takes an image's bytes in order; refuses as soon as it is sure, at the latest at the end."""

    def __init__(self, disk_format: str | None = None) -> None:
        """`disk_format` is what the uploader says it is; None: whatever is supported.

        Raises ImageRefused for a disk_format that cannot be checked.
        """
        if disk_format is not None and disk_format not in DECLARED:
            raise ImageRefused(disk_format, "disk_format", f"is not supported; {', '.join(DECLARED)} are")
        self._declared = disk_format
        self._size = 0
        self._head = bytearray()
        self._tail = b""
        self._inside = bytearray()
        self._wanted: Range | None = None
        self._examined = False

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes. Raises ImageRefused; the upload can end there."""
        if len(self._head) < HEAD:
            self._head += chunk[: HEAD - len(self._head)]
            if len(self._head) == HEAD:
                self._examine()
        if self._wanted is not None:
            start = self._wanted.offset + len(self._inside) - self._size
            missing = self._wanted.length - len(self._inside)
            self._inside += chunk[max(0, start) : max(0, start + missing)]
        self._tail = (self._tail + chunk[-TAIL:])[-TAIL:]
        self._size += len(chunk)

    def finish(self) -> Verdict:
        """The verdict on the whole image. Raises ImageRefused."""
        if not self._examined:
            self._examine()
        image = Image(bytes(self._head), self._tail, bytes(self._inside), self._size)
        format = self._format(image)
        virtual_size = format.measure(image)
        return Verdict(format.name, self._size, virtual_size, partitions(image.head) if format is RAW else None)

    def _examine(self) -> None:
        """Judge the head as soon as it is complete."""
        self._examined = True
        image = Image(bytes(self._head))
        self._wanted = self._format(image).examine(image)

    def _format(self, image: Image) -> Format:
        """The one format of the image. Raises ImageRefused if there are several, or not the declared one."""
        found = [format for format in FORMATS if format.matches(image)]
        if len(found) > 1:
            names = " and ".join(format.name for format in found)
            raise ImageRefused(found[0].name, "content", f"the file is {names} at once")
        format = found[0] if found else RAW
        if format in FOREIGN:
            raise ImageRefused(format.name, "content", "this format is not supported")
        if self._declared is not None and format.name != DECLARED[self._declared]:
            undecided = image.size is None and format is RAW and self._may_show_later()
            if not undecided:
                raise ImageRefused(self._declared, "disk_format", f"the file is {format.name}, not {self._declared}")
        return format

    def _may_show_later(self) -> bool:
        return any(format.name == self._declared and not format.known_by_head for format in FORMATS)
