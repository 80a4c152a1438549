"""Inspection of whole images: what they are, what is declared, and that chunks and memory do not matter."""

import random
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from cupola.image.model.inspect import ImageRefused, Inspector, Verdict

MIB = 1024 * 1024
DISK = 12 * MIB

needs_qemu_img = pytest.mark.skipif(shutil.which("qemu-img") is None, reason="qemu-img is not installed")
MADE = [
    ("qcow2", "qcow2", []),
    ("qcow2", "qcow2", ["compat=0.10"]),
    ("qcow2", "qcow2", ["extended_l2=on", "compression_type=zstd"]),
    ("qcow2", "qcow2", ["cluster_size=2M"]),
    ("qcow2", "qcow2", ["cluster_size=512", "lazy_refcounts=on"]),
    ("vmdk", "vmdk", []),
    ("vmdk", "vmdk", ["subformat=streamOptimized"]),
    ("vdi", "vdi", []),
    ("vdi", "vdi", ["static=on"]),
    ("vhd", "vpc", ["force_size=on"]),
    ("vhd", "vpc", ["force_size=on", "subformat=fixed"]),
    ("vhdx", "vhdx", []),
    ("vhdx", "vhdx", ["subformat=fixed"]),
    ("raw", "raw", []),
]


def inspect(content: bytes, disk_format: str | None = None, chunk: int = 64 * 1024) -> Verdict:
    inspector = Inspector(disk_format)
    for at in range(0, len(content), chunk):
        inspector.feed(content[at : at + chunk])
    return inspector.finish()


def qemu_img(*arguments: object) -> None:
    subprocess.run(["qemu-img", *map(str, arguments)], check=True, capture_output=True)


def made(directory: Path, driver: str, options: list[str]) -> bytes:
    """A disk of some content in the format that QEMU calls `driver`."""
    source, image = directory / "source", directory / "image"
    with source.open("wb") as disk:
        disk.write(random.Random(1).randbytes(MIB))
        disk.truncate(DISK)
    qemu_img("convert", "-f", "raw", "-O", driver, *(["-o", ",".join(options)] if options else []), source, image)
    return image.read_bytes()


def partitioned(kind: str) -> bytes:
    entry = bytes([0x80, 0, 0, 0, 0xEE if kind == "gpt" else 0x83, 0, 0, 0]) + struct.pack("<II", 2048, 4096)
    mbr = bytes(446) + entry + bytes(48) + b"\x55\xaa"
    return mbr + (b"EFI PART" if kind == "gpt" else b"").ljust(512 * 9, b"\0")


def iso(start: bytes = b"") -> bytes:
    return start.ljust(32768, b"\0") + b"\x01CD001\x01" + bytes(4096)


@needs_qemu_img
@pytest.mark.parametrize(("format", "driver", "options"), MADE, ids=lambda value: str(value))
def test_what_qemu_makes_is_known_and_measured(tmp_path: Path, format: str, driver: str, options: list[str]) -> None:
    content = made(tmp_path, driver, options)
    assert inspect(content, format) == Verdict(format, len(content), DISK, None)
    assert inspect(content).format == format
    if format != "raw":
        for declared in ("raw", "aki", "iso", "vmdk" if format != "vmdk" else "qcow2"):
            with pytest.raises(ImageRefused, match=f"{declared} disk_format: the file is .*, not {declared}"):
                inspect(content, declared)


@needs_qemu_img
@pytest.mark.parametrize(("format", "driver"), [("vhdx", "vhdx"), ("vmdk", "vmdk"), ("vhd", "vpc"), ("qcow2", "qcow2")])
def test_how_the_upload_is_cut_into_chunks_does_not_matter(tmp_path: Path, format: str, driver: str) -> None:
    options = {"vmdk": ["subformat=streamOptimized"], "vpc": ["force_size=on", "subformat=fixed"]}.get(driver, [])
    content = made(tmp_path, driver, options)
    verdicts = {inspect(content, format, chunk) for chunk in (1009, 512, 4 * MIB, len(content))}
    assert verdicts == {Verdict(format, len(content), DISK, None)}


@needs_qemu_img
@pytest.mark.parametrize(
    ("format", "driver", "lengths"),
    [
        ("qcow2", "qcow2", [4, 100, 60_000, 130_000, 196_608]),
        ("vmdk", "vmdk", [4, 511, 513, 5_000]),
        ("vdi", "vdi", [68, 511, 1_000, MIB]),
        ("vhd", "vpc", [8, 511, 1_000, MIB]),
        ("vhdx", "vhdx", [8, 1_000, 300_000, MIB, 2 * MIB]),
    ],
)
def test_an_upload_that_was_cut_off_is_refused(tmp_path: Path, format: str, driver: str, lengths: list[int]) -> None:
    content = made(tmp_path, driver, [])
    for length in lengths:
        with pytest.raises(ImageRefused):
            inspect(content[:length], format)


def test_little_is_kept_of_a_large_image() -> None:
    inspector = Inspector("raw")
    chunk = bytes(MIB)
    for _ in range(64):
        inspector.feed(chunk)
    kept = sum(len(value) for value in vars(inspector).values() if isinstance(value, bytes | bytearray))
    assert kept < MIB / 2
    assert inspector.finish().virtual_size == 64 * MIB


@pytest.mark.parametrize("kind", ["gpt", "mbr"])
def test_a_raw_disk_tells_its_partition_table(kind: str) -> None:
    content = partitioned(kind)
    assert inspect(content, "raw") == Verdict("raw", len(content), len(content), kind)


@pytest.mark.parametrize("disk_format", ["raw", "ami", "aki", "ari", None])
def test_what_has_no_mark_is_raw(disk_format: str | None) -> None:
    content = b"MZ" + bytes(508) + b"\x55\xaaHdrS" + bytes(1000)
    assert inspect(content, disk_format) == Verdict("raw", len(content), len(content), None)


@pytest.mark.parametrize("start", [b"", partitioned("mbr")], ids=["plain", "hybrid"])
def test_an_iso_is_known(start: bytes) -> None:
    assert inspect(iso(start), "iso").format == "iso"
    with pytest.raises(ImageRefused, match="the file is iso, not raw"):
        inspect(iso(start), "raw")


def test_a_file_that_is_two_things_at_once_is_refused() -> None:
    with pytest.raises(ImageRefused, match="the file is qcow2 and iso at once"):
        inspect(iso(b"QFI\xfb"), "iso")


@pytest.mark.parametrize("disk_format", ["qcow2", "vmdk", "vdi", "vhdx", "iso", "vhd"])
def test_what_is_declared_must_be_there(disk_format: str) -> None:
    with pytest.raises(ImageRefused, match=f"the file is raw, not {disk_format}"):
        inspect(bytes(MIB), disk_format)


def test_a_lie_is_found_before_the_upload_ends() -> None:
    for disk_format, start in (("raw", b"QFI\xfb"), ("qcow2", b"")):
        inspector = Inspector(disk_format)
        with pytest.raises(ImageRefused, match="not " + disk_format):
            inspector.feed(start.ljust(MIB, b"\0"))


@pytest.mark.parametrize(
    "start", [b"QED\0", b"LUKS\xba\xbe", b"WithouFreSpacExt", b"COWD", b"#!/bin/sh\n#V2.0 Format\n"]
)
def test_formats_that_hosts_do_not_open_are_not_taken_for_raw(start: bytes) -> None:
    with pytest.raises(ImageRefused, match="this format is not supported"):
        inspect(start.ljust(1000, b"\0"), "raw")


def test_a_disk_format_that_cannot_be_checked_is_refused_at_once() -> None:
    with pytest.raises(ImageRefused, match="ploop disk_format: is not supported; raw, qcow2"):
        Inspector("ploop")
