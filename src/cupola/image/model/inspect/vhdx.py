"""Microsoft's virtual hard disk, second format.

Two equal region tables near the start say where the metadata table is; that says how large the disk is.
"""

import struct
from uuid import UUID

from cupola.image.model.inspect.image import Format, Image, Range

_KIB = 1024
_TABLES = (192 * _KIB, 256 * _KIB)
_TABLE_LENGTH = 64 * _KIB
_METADATA_LENGTH = 128 * _KIB  # its table has 64 KiB; the items used here follow at once
_ENTRIES = 2047

_BAT = UUID("2dc27766-f623-4200-9d64-115e9bfd4a08")
_METADATA = UUID("8b7ca206-4790-4b9a-b8fe-575f050f886e")
_FILE_PARAMETERS = UUID("caa16737-fa36-4d43-b3b6-33f0aa44e76b")
_VIRTUAL_DISK_SIZE = UUID("2fa54224-cd1b-4876-b211-5dbed83bf4b8")
_PARENT_LOCATOR = UUID("a8d35f2d-b30b-454d-abf7-d3d84834ab0c")
_HAS_PARENT = 2


class Vhdx(Format):
    """Refused: differencing disks, unknown required regions."""

    name = "vhdx"

    def matches(self, image: Image) -> bool:
        return image.head.startswith(b"vhdxfile")

    def examine(self, image: Image) -> Range | None:
        metadata = self._regions(image.head)[_METADATA]
        return Range(metadata.offset, min(metadata.length, _METADATA_LENGTH))

    def measure(self, image: Image) -> int:
        for guid, region in self._regions(image.head).items():
            name = "metadata region" if guid == _METADATA else "block allocation table"
            self.require_inside(image, name, region.offset, region.length)
        items = self._items(image.inside)
        self.require(_PARENT_LOCATOR not in items, "parent locator", "the image needs another file")
        for guid, name in ((_FILE_PARAMETERS, "file parameters"), (_VIRTUAL_DISK_SIZE, "virtual disk size")):
            self.require(len(items.get(guid, b"")) == 8, name, "is missing from the metadata, or out of reach")
        _, flags = struct.unpack("<II", items[_FILE_PARAMETERS])
        self.require(not flags & _HAS_PARENT, "file parameters", "the image needs another file")
        return int.from_bytes(items[_VIRTUAL_DISK_SIZE], "little")

    def _regions(self, head: bytes) -> dict[UUID, Range]:
        first, second = (head[at : at + _TABLE_LENGTH] for at in _TABLES)
        self.require(len(second) == _TABLE_LENGTH, "region table", "is missing: the file was cut")
        self.require(first == second, "region table", "its two copies differ")
        signature, count = struct.unpack_from("<4s4xI", first)
        self.require(signature == b"regi" and count <= _ENTRIES, "region table", "is damaged")
        regions: dict[UUID, Range] = {}
        for at in range(16, 16 + 32 * count, 32):
            guid, offset, length, required = struct.unpack_from("<16sQII", first, at)
            region = UUID(bytes_le=guid)
            if region in (_BAT, _METADATA):
                self.require(region not in regions, "region table", f"has {region} twice")
                self.require(offset >= 1024 * _KIB, "region table", f"has {region} at byte {offset}, inside the head")
                regions[region] = Range(offset, length)
            else:
                self.require(not required & 1, "region table", f"needs the unknown region {region}")
        self.require(len(regions) == 2, "region table", "lacks the metadata region or the block allocation table")
        return regions

    def _items(self, metadata: bytes) -> dict[UUID, bytes]:
        """Metadata items by their id; empty where they lie out of reach."""
        complete = len(metadata) >= _TABLE_LENGTH and metadata.startswith(b"metadata")
        self.require(complete, "metadata region", "is damaged")
        (count,) = struct.unpack_from("<10xH", metadata)
        self.require(count <= _ENTRIES, "metadata region", f"has {count} entries; {_ENTRIES} are allowed")
        items: dict[UUID, bytes] = {}
        for at in range(32, 32 + 32 * count, 32):
            guid, offset, length = struct.unpack_from("<16sII", metadata, at)
            item = UUID(bytes_le=guid)
            self.require(item not in items, "metadata region", f"has {item} twice")
            items[item] = metadata[offset : offset + length]
        return items
