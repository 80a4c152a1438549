"""VirtualBox's disk image."""

import struct
from typing import NamedTuple

from cupola.image.model.inspect.image import Format, Image, Range

_SIGNATURE = struct.pack("<I", 0xBEDA107F)
_NO_UUID = bytes(16)
_LAYOUT = struct.Struct("<68xI4xI4x256xII20xQI4xII16x16x16s16s")


class _Header(NamedTuple):
    version: int
    image_type: int
    offset_bmap: int
    offset_data: int
    disk_size: int
    block_size: int
    blocks_in_image: int
    blocks_allocated: int
    uuid_link: bytes
    uuid_parent: bytes


class Vdi(Format):
    """Refused: differencing images."""

    name = "vdi"

    def matches(self, image: Image) -> bool:
        return image.head[64:68] == _SIGNATURE

    def examine(self, image: Image) -> Range | None:
        self.require(len(image.head) >= 512, "header", f"has {len(image.head)} bytes; 512 are needed")
        header = _header(image)
        major, minor = header.version >> 16, header.version & 0xFFFF
        self.require((major, minor) == (1, 1), "version", f"is {major}.{minor}; 1.1 is supported")
        self.require(header.image_type in (1, 2), "image_type", f"is {header.image_type}; 1 and 2 are allowed")
        self.require(header.uuid_link == _NO_UUID, "uuid_link", "the image needs another file")
        self.require(header.uuid_parent == _NO_UUID, "uuid_parent", "the image needs another file")
        return None

    def measure(self, image: Image) -> int:
        header = _header(image)
        covered = header.blocks_in_image * header.block_size
        self.require(covered >= header.disk_size, "blocks_in_image", f"covers {covered} bytes of {header.disk_size}")
        self.require_inside(image, "offset_bmap", header.offset_bmap, header.blocks_in_image * 4)
        self.require_inside(image, "blocks_allocated", header.offset_data, header.blocks_allocated * header.block_size)
        return header.disk_size


def _header(image: Image) -> _Header:
    return _Header(*_LAYOUT.unpack_from(image.head))
