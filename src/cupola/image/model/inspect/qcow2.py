"""QEMU copy-on-write, versions 2 and 3 (QEMU's docs/interop/qcow2)."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from cupola.image.model.inspect.image import HEAD, Format, Image, Range

_MAGIC = b"QFI\xfb"
_DIRTY, _CORRUPT, _DATA_FILE, _COMPRESSION, _EXTENDED_L2 = (1 << bit for bit in range(5))
_KNOWN_FEATURES = _DIRTY | _CORRUPT | _DATA_FILE | _COMPRESSION | _EXTENDED_L2
_EXTENSION_DATA_FILE, _EXTENSION_ENCRYPTION = 0x44415441, 0x0537BE77


class _Header(NamedTuple):
    version: int
    backing_file_offset: int
    backing_file_size: int
    cluster_bits: int
    size: int
    crypt_method: int
    l1_size: int
    l1_table_offset: int
    refcount_table_offset: int
    refcount_table_clusters: int
    nb_snapshots: int
    snapshots_offset: int


_LAYOUT = struct.Struct(">4xIQIIQIIQQIIQ")


class Qcow2(Format):
    """Refused: what refers to other files (backing file, external data), needs a key, or uses unknown features."""

    name = "qcow2"

    def matches(self, image: Image) -> bool:
        return image.head.startswith(_MAGIC)

    def examine(self, image: Image) -> Range | None:
        head = image.head
        self.require(len(head) >= _LAYOUT.size, "header", f"has {len(head)} bytes; {_LAYOUT.size} are needed")
        header = _header(head)
        self.require(header.version in (2, 3), "version", f"is {header.version}; 2 and 3 are supported")
        self.require(
            not header.backing_file_offset and not header.backing_file_size,
            "backing_file_offset",
            "the image needs another file beneath it; upload a flattened image",
        )
        self.require(9 <= header.cluster_bits <= 21, "cluster_bits", f"is {header.cluster_bits}; 9 to 21 are allowed")
        self.require(header.crypt_method == 0, "crypt_method", "the image is encrypted")
        extensions = _LAYOUT.size
        if header.version == 3:
            extensions = self._examine_version_3(head, header)
        self._examine_extensions(head, extensions, 1 << header.cluster_bits)
        return None

    def measure(self, image: Image) -> int:
        header = _header(image.head)
        cluster = 1 << header.cluster_bits
        entries_per_table = cluster // (16 if _features(image.head, header) & _EXTENDED_L2 else 8)
        covered = header.l1_size * entries_per_table * cluster
        self.require(covered >= header.size, "l1_size", f"covers {covered} bytes of a disk of {header.size}")
        self.require_inside(image, "header", 0, cluster)
        self.require_inside(image, "l1_table_offset", header.l1_table_offset, header.l1_size * 8)
        refcounts = header.refcount_table_clusters * cluster
        self.require_inside(image, "refcount_table_offset", header.refcount_table_offset, refcounts)
        if header.nb_snapshots:
            self.require_inside(image, "snapshots_offset", header.snapshots_offset, 40 * header.nb_snapshots)
        return header.size

    def _examine_version_3(self, head: bytes, header: _Header) -> int:
        """Judge what version 3 adds; the length of the header."""
        self.require(len(head) >= 104, "header", f"has {len(head)} bytes; 104 are needed")
        features = _features(head, header)
        unknown = [str(bit) for bit in range(64) if features >> bit & 1 and not _KNOWN_FEATURES >> bit & 1]
        self.require(not unknown, "incompatible_features", f"bit {', '.join(unknown)} is not known")
        self.require(not features & _DATA_FILE, "incompatible_features", "the data is in another file (bit 2)")
        self.require(not features & _CORRUPT, "incompatible_features", "the image is marked corrupt (bit 1)")
        length = int.from_bytes(head[100:104], "big")
        fits = 104 <= length <= 1 << header.cluster_bits and length % 8 == 0
        self.require(fits, "header_length", f"is {length}; a multiple of 8 from 104 to one cluster is allowed")
        return length

    def _examine_extensions(self, head: bytes, start: int, cluster: int) -> None:
        for kind in self._extensions(head, start, cluster):
            self.require(kind != _EXTENSION_DATA_FILE, "header extension", "names an external data file")
            self.require(kind != _EXTENSION_ENCRYPTION, "header extension", "the image is encrypted")

    def _extensions(self, head: bytes, start: int, cluster: int) -> Iterator[int]:
        """Kinds of the header extensions: they follow the header inside the first cluster up to one of kind 0."""
        at = start
        while at + 8 <= cluster:
            self.require(at + 8 <= min(HEAD, len(head)), "header extension", f"at byte {at} is out of reach")
            kind, length = struct.unpack_from(">II", head, at)
            if kind == 0:
                return
            self.require(at + 8 + length <= cluster, "header extension", f"at byte {at} leaves the first cluster")
            yield kind
            at += 8 + (length + 7) // 8 * 8


def _header(head: bytes) -> _Header:
    return _Header(*_LAYOUT.unpack_from(head))


def _features(head: bytes, header: _Header) -> int:
    return int.from_bytes(head[72:80], "big") if header.version == 3 else 0
