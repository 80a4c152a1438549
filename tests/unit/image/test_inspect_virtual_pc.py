"""VDI, VHD and VHDX: differencing disks and headers that point outside are refused."""

import struct
from uuid import UUID

import pytest

from cupola.image.model.inspect import ImageRefused, Inspector, Verdict

MIB = 1024 * 1024


def inspect(content: bytes, disk_format: str) -> Verdict:
    inspector = Inspector(disk_format)
    inspector.feed(content)
    return inspector.finish()


def vdi(
    kind: int = 1,
    version: int = 0x10001,
    blocks: int = 8,
    allocated: int = 0,
    bmap: int = 512,
    link: int = 0,
    parent: int = 0,
) -> bytes:
    image = bytearray(MIB)
    struct.pack_into("<II", image, 0x40, 0xBEDA107F, version)
    struct.pack_into("<I", image, 0x4C, kind)
    struct.pack_into("<II", image, 0x154, bmap, 1024)
    struct.pack_into("<QI4xII", image, 0x170, 8 * MIB, MIB, blocks, allocated)
    image[0x1A8:0x1B8], image[0x1B8:0x1C8] = bytes([link]) * 16, bytes([parent]) * 16
    return bytes(image)


def footer(kind: int, size: int = 8 * MIB, data_offset: int = 512) -> bytes:
    packed = bytearray(512)
    struct.pack_into(">8s8xQ24xQ4xI", packed, 0, b"conectix", data_offset, size, kind)
    struct.pack_into(">I", packed, 64, ~sum(packed) & 0xFFFFFFFF)
    return bytes(packed)


def vhd(
    kind: int = 3, entries: int = 4, table: int = 1536, parent: int = 0, data_offset: int = 512, **last: int
) -> bytes:
    first = footer(kind, data_offset=data_offset)
    dynamic = struct.pack(">8s8xQ4xII4x16s", b"cxsparse", table, entries, 2 * MIB, bytes([parent]) * 16)
    end = footer(**({"kind": kind, "data_offset": data_offset} | last))
    return first + dynamic.ljust(1024, b"\0") + bytes(4096) + end


def fixed(size: int = MIB, kind: int = 2) -> bytes:
    return bytes(MIB) + footer(kind, size, 2**64 - 1)


BAT, METADATA = UUID("2dc27766-f623-4200-9d64-115e9bfd4a08"), UUID("8b7ca206-4790-4b9a-b8fe-575f050f886e")
PARAMETERS, DISK_SIZE = UUID("caa16737-fa36-4d43-b3b6-33f0aa44e76b"), UUID("2fa54224-cd1b-4876-b211-5dbed83bf4b8")
PARENT, OTHER = UUID("a8d35f2d-b30b-454d-abf7-d3d84834ab0c"), UUID(int=1)
REGIONS = {BAT: (MIB, 1), METADATA: (2 * MIB, 1)}
ITEMS = {PARAMETERS: struct.pack("<II", 32 * MIB, 0), DISK_SIZE: struct.pack("<Q", 64 * MIB)}


def vhdx(
    regions: dict[UUID, tuple[int, int]] = REGIONS, items: dict[UUID, bytes] = ITEMS, item_at: int = 65536
) -> bytes:
    image = bytearray(3 * MIB)
    image[:8] = b"vhdxfile"
    for table in (192 * 1024, 256 * 1024):
        struct.pack_into("<4s4xI", image, table, b"regi", len(regions))
        for number, (guid, (offset, required)) in enumerate(regions.items()):
            struct.pack_into("<16sQII", image, table + 16 + 32 * number, guid.bytes_le, offset, MIB, required)
    struct.pack_into("<8s2xH", image, 2 * MIB, b"metadata", len(items))
    for number, (guid, content) in enumerate(items.items()):
        at = item_at + 16 * number
        struct.pack_into("<16sII", image, 2 * MIB + 32 + 32 * number, guid.bytes_le, at, len(content))
        image[2 * MIB + at : 2 * MIB + at + len(content)] = content
    return bytes(image)


def changed(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize(
    ("disk_format", "content", "size"),
    [("vdi", vdi(), 8), ("vdi", vdi(2), 8), ("vhd", vhd(), 8), ("vhd", fixed(), 1), ("vhdx", vhdx(), 64)],
)
def test_sound_images_are_taken(disk_format: str, content: bytes, size: int) -> None:
    assert inspect(content, disk_format).virtual_size == size * MIB


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (vdi(kind=4), "image_type: is 4"),
        (vdi(version=0x20000), "version: is 2.0"),
        (vdi(link=7), "uuid_link: the image needs another file"),
        (vdi(parent=7), "uuid_parent: the image needs another file"),
        (vdi(blocks=7), "blocks_in_image: covers 7340032 bytes of 8388608"),
        (vdi(bmap=2**31), "offset_bmap: ends at byte"),
        (vdi(allocated=1), "blocks_allocated: ends at byte"),
        (vdi()[:300], "header: has 300 bytes"),
    ],
)
def test_vdi_refusals(content: bytes, cause: str) -> None:
    with pytest.raises(ImageRefused, match=f"^vdi {cause}"):
        inspect(content, "vdi")


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (vhd(kind=4), "disk_type: is 4"),
        (vhd(parent=7), "parent_uuid: the image needs another file"),
        (vhd(data_offset=2**40), "data_offset: is 1099511627776, out of reach"),
        (vhd(data_offset=1536), "data_offset: leads to no dynamic disk header"),
        (vhd(entries=3), "max_table_entries: covers 6291456 bytes only"),
        (vhd(table=2**40), "table_offset: ends at byte"),
        (vhd(size=MIB), "footer: differs from its copy"),
        (changed(vhd(), 50), "footer: its copy at the start is damaged"),
        (vhd()[:-1], "footer: is missing"),
        (vhd()[:300], "footer: its copy at the start is damaged"),
        (fixed(kind=4), "disk_type: is 4"),
        (fixed(kind=3), "disk_type: is 3"),
        (fixed(size=2 * MIB), "current_size: ends at byte"),
        (changed(fixed(), MIB + 60), "disk_format: the file is raw, not vhd"),
    ],
)
def test_vhd_refusals(content: bytes, cause: str) -> None:
    with pytest.raises(ImageRefused, match=f"^vhd {cause}"):
        inspect(content, "vhd")


def test_a_fixed_vhd_is_not_a_raw_disk() -> None:
    with pytest.raises(ImageRefused, match="the file is vhd, not raw"):
        inspect(fixed(), "raw")


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (vhdx(items={**ITEMS, PARAMETERS: struct.pack("<II", MIB, 2)}), "file parameters: the image needs another"),
        (vhdx(items={**ITEMS, PARENT: b"x"}), "parent locator: the image needs another file"),
        (vhdx(items={PARAMETERS: ITEMS[PARAMETERS]}), "virtual disk size: is missing"),
        (vhdx(item_at=300_000), "file parameters: is missing from the metadata, or out of reach"),
        (vhdx({BAT: REGIONS[BAT]}), "region table: lacks the metadata"),
        (vhdx({**REGIONS, METADATA: (4096, 1)}), "region table: has 8b7c.* inside the head"),
        (vhdx({**REGIONS, OTHER: (MIB, 1)}), "region table: needs the unknown region"),
        (vhdx({**REGIONS, METADATA: (2**40, 1)}), "metadata region: ends at byte"),
        (changed(vhdx(), 192 * 1024 + 20), "region table: its two copies differ"),
        (changed(vhdx(), 2 * MIB), "metadata region: is damaged"),
        (vhdx()[: 2 * MIB + 100], "metadata region: ends at byte"),
        (vhdx()[: 200 * 1024], "region table: is missing"),
    ],
)
def test_vhdx_refusals(content: bytes, cause: str) -> None:
    with pytest.raises(ImageRefused, match=f"^vhdx {cause}"):
        inspect(content, "vhdx")


def test_an_unknown_region_that_is_not_required_does_not_matter() -> None:
    assert inspect(vhdx({**REGIONS, OTHER: (MIB, 0)}), "vhdx").virtual_size == 64 * MIB
