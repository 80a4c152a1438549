"""VMDK: the descriptor can name any file, so nearly all of what it could say is refused."""

import struct
from contextlib import suppress

import pytest

from cupola.image.model.inspect import ImageRefused, Inspector, Verdict

CAPACITY = 4096
AT_END = 2**64 - 1
SPARSE = 'RW 4096 SPARSE "disk.vmdk"'


def descriptor(kind: str = "monolithicSparse", extents: str = SPARSE, more: str = "parentCID=ffffffff") -> str:
    return f'# Disk DescriptorFile\nversion=1\nCID=1234abcd\n{more}\ncreateType="{kind}"\n\n{extents}\n\n#DDB\n'


def header(capacity: int = CAPACITY, offset: int = 1, size: int = 20, directory: int = 30) -> bytes:
    packed = struct.pack("<4sIIQQQQIQQQ", b"KDMV", 3, 3, capacity, 128, offset, size, 512, 26, directory, 128)
    return packed.ljust(512, b"\0")


def vmdk(text: str | None = None, **fields: int) -> bytes:
    return (header(**fields) + (text or descriptor()).encode()).ljust(65536, b"\0")


def streamed(**footer: int) -> bytes:
    end = bytes(512) + header(**({"directory": 60} | footer)) + bytes(512)
    return vmdk(descriptor("streamOptimized"), directory=AT_END) + end


def inspect(content: bytes) -> Verdict:
    inspector = Inspector("vmdk")
    inspector.feed(content)
    return inspector.finish()


@pytest.mark.parametrize("content", [vmdk(), streamed()], ids=["monolithicSparse", "streamOptimized"])
def test_a_disk_in_one_file_is_taken(content: bytes) -> None:
    assert inspect(content).virtual_size == CAPACITY * 512


@pytest.mark.parametrize(
    ("text", "field", "cause"),
    [
        (descriptor("monolithicFlat", 'RW 4096 FLAT "/etc/shadow" 0'), "createType", 'is "monolithicFlat"'),
        (descriptor("twoGbMaxExtentSparse"), "createType", 'is "twoGbMaxExtentSparse"'),
        (descriptor("vmfs"), "createType", 'is "vmfs"'),
        (descriptor(more='createType="monolithicFlat"'), "createType", "is given 2 times"),
        ('x createType="vmfs"\n' + descriptor(), "createType", "stands where it is no setting"),
        (descriptor(more="a=b parentCID=1234abcd"), "parentCID", "stands where it is no setting"),
        ("version=1\n" + SPARSE, "createType", "is given 0 times"),
        (descriptor(extents='RW 4096 FLAT "/etc/shadow" 0'), "extent", "is of the type FLAT"),
        (descriptor(extents=f'{SPARSE}\nRW 4096 FLAT "/etc/shadow" 0'), "extent", "has 2 extents"),
        (descriptor(extents=""), "extent", "has 0 extents"),
        (descriptor(extents='RW 4096 SPARSE "/dev/sda"'), "extent", '"/dev/sda" is not a plain name'),
        (descriptor(extents='RDONLY 4096 SPARSE "..\\x"'), "extent", "is not a plain name"),
        (descriptor(more='parentFileNameHint="/etc/shadow"'), "parentFileNameHint", "needs another file"),
        (descriptor(more="parentCID=1234abcd"), "parentCID", "needs another file"),
        (descriptor() + "\0" * 5000 + 'parentFileNameHint="/etc/shadow"', "parentFileNameHint", "needs another file"),
    ],
)
def test_a_descriptor_that_leads_elsewhere_is_refused(text: str, field: str, cause: str) -> None:
    with pytest.raises(ImageRefused, match=f"^vmdk {field}: .*{cause}"):
        inspect(vmdk(text))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"capacity": 0}, "capacity"),
        ({"offset": 0}, "desc_offset"),
        ({"offset": 40}, "desc_offset"),
        ({"size": 0}, "desc_size"),
        ({"size": 2**40}, "desc_size"),
        ({"size": 300}, "desc_size"),
        ({"directory": 2**40}, "gd_offset"),
    ],
)
def test_a_header_that_hides_its_descriptor_or_points_outside_is_refused(fields: dict[str, int], field: str) -> None:
    with pytest.raises(ImageRefused, match=f"^vmdk {field}: "):
        inspect(vmdk(**fields))


def test_what_some_readers_see_beyond_a_short_descriptor_is_judged_too() -> None:
    text = descriptor().ljust(600, "\n") + 'parentFileNameHint="/etc/shadow"'
    with pytest.raises(ImageRefused, match="parentFileNameHint"):
        inspect(vmdk(text, size=1))


@pytest.mark.parametrize("footer", [{"capacity": 1}, {"offset": 90}, {"directory": 2**40}])
def test_a_stream_whose_footer_differs_is_refused(footer: dict[str, int]) -> None:
    with pytest.raises(ImageRefused, match="footer"):
        inspect(streamed(**footer))


def test_a_stream_without_its_end_is_refused() -> None:
    with pytest.raises(ImageRefused, match="footer: is missing"):
        inspect(streamed()[:-512])


@pytest.mark.parametrize("start", ["", "\n# a comment\r\n \n", "# Disk DescriptorFile\n"])
@pytest.mark.parametrize("declared", ["vmdk", "raw"])
def test_a_bare_descriptor_is_a_vmdk_and_refused(start: str, declared: str) -> None:
    inspector = Inspector(declared)
    inspector.feed((start + 'version=1\ncreateType="monolithicFlat"\nRW 1 FLAT "/etc/shadow" 0\n').encode())
    with pytest.raises(ImageRefused, match=r"the disk is in other files|the file is vmdk, not raw"):
        inspector.finish()


@pytest.mark.parametrize("filler", ["\n", " ", "\0", "RW ", "createType=", '"'])
def test_a_long_descriptor_is_judged_in_time_that_grows_with_its_length_only(filler: str) -> None:
    """Nothing is measured here: judged by patterns over the whole text this took minutes."""
    text = (descriptor() + filler * 250_000)[:250_000]
    with suppress(ImageRefused):
        inspect(vmdk(text, size=500))


def test_a_short_header_is_refused() -> None:
    with pytest.raises(ImageRefused, match="header: has 100 bytes"):
        inspect(vmdk()[:100])
