"""VMware's virtual disk, as one file: monolithicSparse or streamOptimized.

Its descriptor is a text that can name any file of the host as content or parent, so only the two kinds whose content
is in the file itself are taken, and only with the descriptor where every reader looks for it.
"""

import re
import struct
from typing import NamedTuple

from cupola.image.model.inspect.image import HEAD, Format, Image, Range

_MAGIC = b"KDMV"
_SECTOR = 512
_AT_END = 2**64 - 1
_READ_ALWAYS = 20 * _SECTOR  # some readers take this much for the descriptor, whatever its size is said to be
_TYPES = ("monolithicSparse", "streamOptimized")
_ACCESS = ("RW", "RDONLY", "NOACCESS")
_LAYOUT = struct.Struct("<4s4xIQQQQI8xQ")


class _Header(NamedTuple):
    magic: bytes
    flags: int
    capacity: int
    granularity: int
    desc_offset: int
    desc_size: int
    entries: int
    gd_offset: int


class Vmdk(Format):
    """Refused: any descriptor that leads to another file."""

    name = "vmdk"

    def matches(self, image: Image) -> bool:
        start = image.head[:4096]
        return start.startswith((_MAGIC, b"# Disk Descriptor")) or _is_descriptor(start)

    def examine(self, image: Image) -> Range | None:
        head = image.head
        text_only = not head.startswith(_MAGIC)
        self.require(not text_only, "descriptor", "the file is only a description; the disk is in other files")
        self.require(len(head) >= _SECTOR, "header", f"has {len(head)} bytes; {_SECTOR} are needed")
        header = _header(head)
        self.require(header.capacity > 0, "capacity", "is 0; the disk is in other files")
        self.require(
            header.desc_offset == 1, "desc_offset", f"the descriptor is at sector {header.desc_offset}; 1 is allowed"
        )
        self.require(
            0 < header.desc_size <= HEAD // _SECTOR - 1,
            "desc_size",
            f"the descriptor has {header.desc_size} sectors; 1 to {HEAD // _SECTOR - 1} are allowed",
        )
        end = _SECTOR + max(_READ_ALWAYS, header.desc_size * _SECTOR)
        self._examine_descriptor(head[_SECTOR:end].replace(b"\0", b"\n").decode("latin-1"))
        return None

    def measure(self, image: Image) -> int:
        header = _header(image.head)
        self.require_inside(image, "desc_size", _SECTOR, header.desc_size * _SECTOR)
        if header.gd_offset == _AT_END:
            self._examine_footer(image, header)
        else:
            self.require_inside(image, "gd_offset", header.gd_offset * _SECTOR, _SECTOR)
        return header.capacity * _SECTOR

    def _examine_descriptor(self, text: str) -> None:
        """Judge the text line by line: it is an uploader's, and patterns over all of it could be made to take hours."""
        lines = [line.strip() for line in text.splitlines()]
        types = self._values(text, lines, "createType")
        self.require(len(types) == 1, "createType", f"is given {len(types)} times in the descriptor")
        self.require(types[0] in _TYPES, "createType", f'is "{types[0][:40]}"; {" and ".join(_TYPES)} are allowed')
        self.require("parentfilenamehint" not in text.lower(), "parentFileNameHint", "the image needs another file")
        parents = {value.lower() for value in self._values(text, lines, "parentCID")}
        self.require(parents <= {"ffffffff"}, "parentCID", "the image needs another file")
        extents = [line.split(None, 3) for line in lines if line.startswith(_ACCESS)]
        self.require(len(extents) == 1, "extent", f"the descriptor has {len(extents)} extents; 1 is allowed")
        _, _, kind, name, *_ = [*extents[0], "", "", ""]
        self.require(kind == "SPARSE", "extent", f"is of the type {kind[:20]}; SPARSE is allowed")
        plain = name.startswith('"') and name.endswith('"') and not set('"/\\') & set(name[1:-1])
        self.require(plain, "extent", f"{name[:200]} is not a plain name")

    def _values(self, text: str, lines: list[str], name: str) -> list[str]:
        """What the lines `name="value"` say; the name may stand nowhere else, where some reader would find it too."""
        settings = [line.partition("=") for line in lines]
        values = [value.strip().strip('"') for key, _, value in settings if key.strip().lower() == name.lower()]
        self.require(text.lower().count(name.lower()) == len(values), name, "stands where it is no setting")
        return values

    def _examine_footer(self, image: Image, header: _Header) -> None:
        """A stream's grain directory is known only at its end, so the header is there again: it may not differ."""
        complete = len(image.tail) == 3 * _SECTOR and image.tail[_SECTOR:].startswith(_MAGIC)
        self.require(complete, "footer", "is missing: the file was cut")
        footer = _header(image.tail[_SECTOR:])
        same = footer._replace(gd_offset=_AT_END) == header
        self.require(same, "footer", "differs from the header")
        self.require_inside(image, "footer gd_offset", footer.gd_offset * _SECTOR, _SECTOR)


def _header(data: bytes) -> _Header:
    return _Header(*_LAYOUT.unpack_from(data))


def _is_descriptor(start: bytes) -> bool:
    """A text whose first line, after comments and empty ones, is `version=…`: what readers take for a descriptor."""
    for line in start.splitlines():
        words = line.strip()
        if words and not words.startswith(b"#"):
            return re.match(rb"version\s*=\s*\d", words) is not None
    return False
