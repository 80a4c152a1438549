"""qcow2: each part of the header that could lead a host astray."""

import struct

import pytest

from cupola.image.model.inspect import ImageRefused, Inspector, Verdict

SIZE = 1024**3
CLUSTER = 65536
FIELDS = {
    "version": (4, ">I"),
    "backing_file_offset": (8, ">Q"),
    "backing_file_size": (16, ">I"),
    "cluster_bits": (20, ">I"),
    "size": (24, ">Q"),
    "crypt_method": (32, ">I"),
    "l1_size": (36, ">I"),
    "l1_table_offset": (40, ">Q"),
    "refcount_table_offset": (48, ">Q"),
    "refcount_table_clusters": (56, ">I"),
    "nb_snapshots": (60, ">I"),
    "snapshots_offset": (64, ">Q"),
    "incompatible_features": (72, ">Q"),
    "header_length": (100, ">I"),
}
SOUND = {
    "version": 3,
    "cluster_bits": 16,
    "size": SIZE,
    "l1_size": 2,
    "l1_table_offset": 3 * CLUSTER,
    "refcount_table_offset": CLUSTER,
    "refcount_table_clusters": 1,
    "header_length": 104,
}


def qcow2(extensions: bytes = b"", **changes: int) -> bytes:
    image = bytearray(4 * CLUSTER)
    image[:4] = b"QFI\xfb"
    for name, value in (SOUND | changes).items():
        offset, layout = FIELDS[name]
        struct.pack_into(layout, image, offset, value)
    start = 104 if image[7] == 3 else 72
    image[start : start + len(extensions)] = extensions
    return bytes(image)


def extension(kind: int, content: bytes) -> bytes:
    return struct.pack(">II", kind, len(content)) + content.ljust((len(content) + 7) // 8 * 8, b"\0")


def inspect(content: bytes) -> Verdict:
    inspector = Inspector("qcow2")
    inspector.feed(content)
    return inspector.finish()


@pytest.mark.parametrize("changes", [{}, {"version": 2}, {"incompatible_features": 1}, {"incompatible_features": 8}])
def test_a_sound_image_is_taken(changes: dict[str, int]) -> None:
    assert inspect(qcow2(**changes)).virtual_size == SIZE


def test_extensions_that_only_inform_are_taken() -> None:
    assert inspect(qcow2(extension(0x6803F857, b"names") + extension(0xE2792ACA, b"raw"))).virtual_size == SIZE


@pytest.mark.parametrize(
    ("changes", "field", "cause"),
    [
        ({"version": 1}, "version", "is 1; 2 and 3"),
        ({"version": 4}, "version", "is 4"),
        ({"backing_file_offset": 512, "backing_file_size": 11}, "backing_file_offset", "another file beneath"),
        ({"backing_file_size": 11}, "backing_file_offset", "another file beneath"),
        ({"version": 2, "backing_file_offset": 512}, "backing_file_offset", "another file beneath"),
        ({"cluster_bits": 8}, "cluster_bits", "is 8"),
        ({"cluster_bits": 63}, "cluster_bits", "is 63"),
        ({"crypt_method": 1}, "crypt_method", "encrypted"),
        ({"crypt_method": 2}, "crypt_method", "encrypted"),
        ({"incompatible_features": 4}, "incompatible_features", "another file"),
        ({"incompatible_features": 2}, "incompatible_features", "corrupt"),
        ({"incompatible_features": 1 << 5 | 1 << 63}, "incompatible_features", "bit 5, 63 is not known"),
        ({"header_length": 72}, "header_length", "is 72"),
        ({"header_length": 105}, "header_length", "is 105"),
        ({"header_length": 2**31}, "header_length", "is 2147483648"),
        ({"l1_size": 1}, "l1_size", "covers 536870912 bytes of a disk of 1073741824"),
        ({"l1_table_offset": 4 * CLUSTER}, "l1_table_offset", "ends at byte 262160, the file at byte 262144"),
        ({"l1_table_offset": 2**63}, "l1_table_offset", "the file at byte"),
        ({"refcount_table_offset": 2**40}, "refcount_table_offset", "the file at byte"),
        ({"refcount_table_clusters": 2**31}, "refcount_table_offset", "the file at byte"),
        ({"nb_snapshots": 1, "snapshots_offset": 2**40}, "snapshots_offset", "the file at byte"),
    ],
)
def test_what_is_refused(changes: dict[str, int], field: str, cause: str) -> None:
    with pytest.raises(ImageRefused, match=f"^qcow2 {field}: .*{cause}") as refused:
        inspect(qcow2(**changes))
    assert refused.value.field == field


@pytest.mark.parametrize("version", [2, 3])
def test_an_external_data_file_named_in_an_extension_is_refused_without_its_feature_bit_too(version: int) -> None:
    extensions = extension(0x6803F857, b"names") + extension(0x44415441, b"/etc/shadow")
    with pytest.raises(ImageRefused, match="header extension: names an external data file"):
        inspect(qcow2(extensions, version=version))


def test_extensions_stay_in_the_first_cluster_and_in_reach() -> None:
    with pytest.raises(ImageRefused, match="leaves the first cluster"):
        inspect(qcow2(struct.pack(">II", 1, 2**32 - 1)))
    far = extension(1, bytes(400_000)) + extension(0x44415441, b"/etc/shadow")
    with pytest.raises(ImageRefused, match="out of reach"):
        inspect(qcow2(far, cluster_bits=21))


@pytest.mark.parametrize("length", [4, 71, 80, 103, 200])
def test_a_header_that_is_cut_off_is_refused(length: int) -> None:
    with pytest.raises(ImageRefused, match="qcow2 header: "):
        inspect(qcow2()[:length])
