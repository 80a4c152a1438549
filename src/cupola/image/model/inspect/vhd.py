"""Microsoft's virtual hard disk, first format ("vpc" in QEMU): fixed or dynamic.

A fixed one is a raw disk with a footer; a dynamic one has a copy of the footer at its start.
"""

import struct
from typing import NamedTuple

from cupola.image.model.inspect.image import Format, Image, Range

_COOKIE = b"conectix"
_FIXED, _DYNAMIC = 2, 3
_NO_PARENT = bytes(16)
_LAYOUT = struct.Struct(">8s8xQ24xQ4xII")
_DYNAMIC_LAYOUT = struct.Struct(">8s8xQ4xII4x16s")


class _Footer(NamedTuple):
    cookie: bytes
    data_offset: int
    current_size: int
    disk_type: int
    checksum: int


class _DynamicHeader(NamedTuple):
    cookie: bytes
    table_offset: int
    max_table_entries: int
    block_size: int
    parent_uuid: bytes


class Vhd(Format):
    """Refused: differencing disks."""

    name = "vhd"
    known_by_head = False

    def matches(self, image: Image) -> bool:
        return image.head.startswith(_COOKIE) or _is_footer(image.tail[-512:])

    def examine(self, image: Image) -> Range | None:
        if not image.head.startswith(_COOKIE):
            return None
        self.require(_is_footer(image.head[:512]), "footer", "its copy at the start is damaged")
        footer = _footer(image.head)
        kind = footer.disk_type
        self.require(kind == _DYNAMIC, "disk_type", f"is {kind}; with a copy of the footer in front {_DYNAMIC} is")
        end = footer.data_offset + _DYNAMIC_LAYOUT.size
        self.require(end <= len(image.head), "data_offset", f"is {footer.data_offset}, out of reach")
        dynamic = _dynamic(image, footer)
        self.require(dynamic.cookie == b"cxsparse", "data_offset", "leads to no dynamic disk header")
        self.require(dynamic.parent_uuid == _NO_PARENT, "parent_uuid", "the image needs another file")
        return None

    def measure(self, image: Image) -> int:
        self.require(_is_footer(image.tail[-512:]), "footer", "is missing: the file was cut")
        last = _footer(image.tail[-512:])
        if image.head.startswith(_COOKIE):
            footer = _footer(image.head)
            self.require(last == footer, "footer", "differs from its copy at the start")
            dynamic = _dynamic(image, footer)
            covered = dynamic.max_table_entries * dynamic.block_size
            self.require(covered >= footer.current_size, "max_table_entries", f"covers {covered} bytes only")
            self.require_inside(image, "table_offset", dynamic.table_offset, dynamic.max_table_entries * 4)
            return footer.current_size
        self.require(last.disk_type == _FIXED, "disk_type", f"is {last.disk_type}; without a copy in front {_FIXED} is")
        self.require_inside(image, "current_size", 0, last.current_size + 512)
        return last.current_size


def _is_footer(data: bytes) -> bool:
    if len(data) < 512 or not data.startswith(_COOKIE):
        return False
    return ~(sum(data) - sum(data[64:68])) & 0xFFFFFFFF == _footer(data).checksum


def _footer(data: bytes) -> _Footer:
    return _Footer(*_LAYOUT.unpack_from(data))


def _dynamic(image: Image, footer: _Footer) -> _DynamicHeader:
    return _DynamicHeader(*_DYNAMIC_LAYOUT.unpack_from(image.head, footer.data_offset))
