"""Bytes through the API: in, judged, and out; whatever goes wrong leaves no bytes."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from cupola.base import quota
from cupola.base.errors import OverQuota
from cupola.image import interface
from cupola.image.logic import upload
from cupola.testing import databases
from cupola.testing.databases import by_hand


def qcow2(size: int, backing: bytes = b"") -> bytes:
    """The head of a qcow2 image of version 3 whose disk has `size` bytes, with its tables of zeros."""
    name_at = 0x70 if backing else 0
    l1_entries, l1_at, refcounts_at, refcount_clusters = 1, 0x30000, 0x10000, 1
    head = struct.pack(">4sIQIIQ", b"QFI\xfb", 3, name_at, len(backing), 16, size)
    head += struct.pack(">IIQQIIQ", 0, l1_entries, l1_at, refcounts_at, refcount_clusters, 0, 0)
    head += struct.pack(">QQQII", 0, 0, 0, 4, 104)
    return (head + bytes(8) + backing).ljust(0x40000, b"\0")


def test_bytes_make_an_image_active_with_its_digests(cloud: Any) -> None:
    data = bytes(range(256)) * 40
    image = cloud.filled(data)
    assert (image["status"], image["size"], image["virtual_size"]) == ("active", len(data), len(data))
    assert image["checksum"] == hashlib.md5(data).hexdigest()
    assert (image["os_hash_algo"], image["os_hash_value"]) == ("sha512", hashlib.sha512(data).hexdigest())
    assert image["stores"]
    answer = cloud.call("GET", f"/v2/images/{image['id']}/file")
    assert (answer.status_code, answer.content) == (200, data)
    assert answer.headers["Content-MD5"] == image["checksum"]
    assert answer.headers["Content-Length"] == str(len(data))


def test_the_disk_inside_is_measured(cloud: Any) -> None:
    image = cloud.filled(qcow2(1 << 28), disk_format="qcow2")
    assert image["virtual_size"] == 1 << 28


@pytest.mark.parametrize(
    ("disk_format", "data"),
    [
        ("qcow2", b"#!/bin/sh\n" * 9),
        ("qcow2", qcow2(1 << 28, b"/etc/shadow")),
        ("raw", qcow2(1 << 28)),
        ("vmdk", qcow2(1 << 28)),
        ("raw", b"LUKS\xba\xbe\0\1" + bytes(600)),
    ],
)
def test_bytes_that_are_not_what_they_are_said_to_be_are_refused(cloud: Any, disk_format: str, data: bytes) -> None:
    image = cloud.make(disk_format=disk_format)
    assert cloud.upload(image["id"], data).status_code == 415
    shown = cloud.show(image["id"])
    assert (shown["status"], shown["size"], shown["checksum"]) == ("queued", None, None)
    assert cloud.files() == []


def test_after_a_refusal_the_right_bytes_are_taken(cloud: Any) -> None:
    image = cloud.make(disk_format="qcow2")
    assert cloud.upload(image["id"], b"wrong").status_code == 415
    assert cloud.upload(image["id"], qcow2(1 << 20)).status_code == 204
    assert cloud.show(image["id"])["status"] == "active"


def test_bytes_come_once(cloud: Any) -> None:
    image = cloud.filled(b"first")
    assert cloud.upload(image["id"], b"second").status_code == 409
    assert cloud.call("GET", f"/v2/images/{image['id']}/file").content == b"first"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content_Type": "application/json"}, 415),
        ({"X_OpenStack_Image_Size": "many"}, 400),
        ({"X_OpenStack_Image_Size": "11"}, 400),
        ({"X_OpenStack_Image_Size": str(1 << 21)}, 413),
    ],
)
def test_an_upload_that_announces_something_else_is_refused(cloud: Any, headers: dict[str, str], status: int) -> None:
    image = cloud.make()
    assert cloud.upload(image["id"], b"0123456789", **headers).status_code == status
    assert (cloud.show(image["id"])["status"], cloud.files()) == ("queued", [])


def test_what_is_too_large_ends_when_that_is_known(cloud: Any) -> None:
    image = cloud.make()
    ctx = cloud.context("ann")
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield bytes(1 << 18)

    with pytest.raises(upload.ImageTooLarge):
        interface.receive(cloud.settings)(ctx, image["id"], endless())
    assert taken == 5
    assert (cloud.show(image["id"])["status"], cloud.files()) == ("queued", [])


def test_a_connection_that_breaks_off_leaves_no_bytes(cloud: Any) -> None:
    image = cloud.make()

    def broken() -> Iterator[bytes]:
        yield b"some"
        raise TimeoutError("timed out")

    with pytest.raises(upload.UploadBroken):
        interface.receive(cloud.settings)(cloud.context("ann"), image["id"], broken())
    assert (cloud.show(image["id"])["status"], cloud.files()) == ("queued", [])


def test_staged_bytes_wait_until_they_are_imported(cloud: Any) -> None:
    image = cloud.make()
    path, method = f"/v2/images/{image['id']}", {"method": {"name": "glance-direct"}}
    assert cloud.call("POST", f"{path}/import", body=method).status_code == 409
    named = {"Content_Type": "application/octet-stream"}
    assert cloud.call("PUT", f"{path}/stage", data=b"0123456789", **named).status_code == 204
    assert cloud.call("PUT", f"{path}/stage", data=b"again", **named).status_code == 409
    cloud.upkeep(after=1000)
    staged = cloud.show(image["id"])
    assert (staged["status"], staged["size"], staged["checksum"]) == ("uploading", 10, None)
    assert cloud.call("GET", f"{path}/file").status_code == 204
    assert cloud.call("POST", f"{path}/import", body={"method": {"name": "web-download"}}).status_code == 400
    assert cloud.call("POST", f"{path}/import", body=method).status_code == 202
    assert cloud.show(image["id"])["status"] == "active"
    assert cloud.call("GET", f"{path}/file").content == b"0123456789"


def test_malicious_bytes_cannot_be_staged(cloud: Any) -> None:
    image = cloud.make(disk_format="qcow2")
    path = f"/v2/images/{image['id']}/stage"
    backed = qcow2(1 << 28, b"/etc/shadow")
    assert cloud.call("PUT", path, data=backed, Content_Type="application/octet-stream").status_code == 415
    assert (cloud.show(image["id"])["status"], cloud.files()) == ("queued", [])


def test_formats_must_be_known_before_bytes_come(cloud: Any) -> None:
    image = cloud.call("POST", "/v2/images", body={}).json
    answer = cloud.upload(image["id"], b"x")
    assert (answer.status_code, "disk_format, container_format" in answer.json["message"]) == (400, True)


def test_an_image_deleted_while_its_bytes_come_stays_deleted(cloud: Any) -> None:
    image = cloud.make()

    def pieces() -> Iterator[bytes]:
        yield b"some"
        assert cloud.show(image["id"])["status"] == "saving"
        assert cloud.call("DELETE", f"/v2/images/{image['id']}").status_code == 204
        yield b"more"

    with pytest.raises(upload.UploadOvertaken):
        interface.receive(cloud.settings)(cloud.context("ann"), image["id"], pieces())
    assert cloud.call("GET", f"/v2/images/{image['id']}").status_code == 404
    assert cloud.files() == []


def test_an_upload_says_that_it_lives(cloud: Any) -> None:
    image = cloud.make()

    def slow() -> Iterator[bytes]:
        for _ in range(10):
            assert "0 dead uploads" in cloud.upkeep(after=100)[0]
            yield b"x"

    interface.receive(cloud.settings)(cloud.context("ann"), image["id"], slow())
    assert (cloud.show(image["id"])["status"], cloud.show(image["id"])["size"]) == ("active", 10)


def test_a_dead_upload_gives_its_image_back_and_cannot_end_it_later(cloud: Any) -> None:
    image = cloud.make()

    def stalled() -> Iterator[bytes]:
        yield b"some"
        said = cloud.upkeep(after=301)[0]
        assert said == "1 dead uploads given up; of files without an image 0 set aside, 0 put back, 1 removed"
        assert cloud.show(image["id"])["status"] == "queued"
        assert cloud.upload(image["id"], b"from another client").status_code == 204

    with pytest.raises(upload.UploadOvertaken):
        interface.receive(cloud.settings)(cloud.context("ann"), image["id"], stalled())
    assert cloud.call("GET", f"/v2/images/{image['id']}/file").content == b"from another client"
    assert len(cloud.files()) == 1


def test_bytes_without_a_row_and_rows_without_bytes_are_told_and_the_former_set_aside(cloud: Any) -> None:
    kept, lost = cloud.filled(), cloud.filled(b"lost")
    [path] = [path for path in cloud.settings.directory.iterdir() if path.name.startswith(lost["id"])]
    stray = path.rename(path.with_name(path.name + "0"))
    found = interface.compare(cloud.context(), cloud.settings)
    assert (found.files_without_row, found.rows_without_file) == ((stray.name,), (lost["id"],))
    cloud.upkeep()
    assert [name.partition(".")[0] for name in cloud.files()] == [kept["id"]]
    assert cloud.call("GET", f"/v2/images/{lost['id']}/file").status_code == 204
    assert [path.name for path in (cloud.settings.directory / "lost").iterdir()] == [stray.name]


def test_a_database_that_does_not_name_an_image_costs_no_bytes(cloud: Any) -> None:
    """As when a backup that is older than the image was restored, or the URL is another database's."""
    image = cloud.filled()
    before = databases.Kept(cloud.database)
    by_hand(cloud.database, "DELETE FROM images")
    said = cloud.upkeep()[0]
    assert said == "0 dead uploads given up; of files without an image 1 set aside, 0 put back, 0 removed"
    cloud.database.statistics.commits += 1
    before.restore()
    assert cloud.call("GET", f"/v2/images/{image['id']}/file").status_code == 204
    assert "1 put back" in cloud.upkeep()[0]
    assert cloud.call("GET", f"/v2/images/{image['id']}/file").content == b"0123456789"
    by_hand(cloud.database, "DELETE FROM images")
    assert "1 set aside" in cloud.upkeep()[0]
    cloud.database.statistics.commits += 1
    before.restore()
    assert cloud.call("DELETE", f"/v2/images/{image['id']}").status_code == 204
    assert list((cloud.settings.directory / "lost").iterdir()) == []


def test_bytes_that_are_set_aside_go_after_a_month(cloud: Any) -> None:
    cloud.filled()
    by_hand(cloud.database, "DELETE FROM images")
    assert "1 set aside" in cloud.upkeep()[0]
    assert "0 removed" in cloud.upkeep(after=29 * 86400)[0]
    assert "1 removed" in cloud.upkeep(after=2 * 86400)[0]


@pytest.mark.parametrize(
    ("header", "status", "part", "told"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=0-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=10-", 416, None, None),
        ("bytes=4-2", 416, None, None),
        ("lines=1-2", 416, None, None),
        ("bytes=0-1,3-4", 400, None, None),
    ],
)
def test_a_part_of_the_bytes(cloud: Any, header: str, status: int, part: bytes | None, told: str | None) -> None:
    image = cloud.filled(b"0123456789")
    answer = cloud.call("GET", f"/v2/images/{image['id']}/file", Range=header)
    assert (answer.status_code, answer.headers.get("Content-Range")) == (status, told)
    assert part is None or answer.content == part


def test_older_clients_ask_for_a_part_by_content_range(cloud: Any) -> None:
    image = cloud.filled(b"0123456789")
    answer = cloud.call("GET", f"/v2/images/{image['id']}/file", Content_Range="bytes 2-4/10")
    assert (answer.status_code, answer.content) == (206, b"234")


def test_an_image_without_bytes_has_no_content(cloud: Any) -> None:
    assert cloud.call("GET", f"/v2/images/{cloud.make()['id']}/file").status_code == 204


def test_a_deactivated_image_is_downloaded_by_administrators_only(cloud: Any) -> None:
    image = cloud.filled()
    path = f"/v2/images/{image['id']}"
    assert cloud.call("POST", f"{path}/actions/deactivate").status_code == 204
    assert cloud.call("POST", f"{path}/actions/deactivate").status_code == 204
    assert cloud.show(image["id"])["status"] == "deactivated"
    assert cloud.call("GET", f"{path}/file").status_code == 403
    assert cloud.call("GET", f"{path}/file", "admin").status_code == 200
    assert cloud.call("POST", f"{path}/actions/reactivate").status_code == 204
    assert cloud.call("GET", f"{path}/file").status_code == 200
    assert cloud.call("POST", f"/v2/images/{cloud.make()['id']}/actions/deactivate").status_code == 403


def test_a_limit_on_size_is_kept_and_given_back(cloud: Any) -> None:
    cloud.context().transact("test", lambda tx: quota.set_limits(tx, "alpha", "image", {"image_size_total": 1}))
    first, second = cloud.filled(bytes(600_000)), cloud.make()
    assert cloud.upload(second["id"], bytes(600_000)).status_code == 413
    assert (cloud.show(second["id"])["status"], len(cloud.files())) == ("queued", 1)
    cloud.call("DELETE", f"/v2/images/{first['id']}")
    assert cloud.upload(second["id"], bytes(600_000)).status_code == 204


def test_no_more_is_read_than_the_owner_may_keep(cloud: Any) -> None:
    cloud.context().transact("test", lambda tx: quota.set_limits(tx, "alpha", "image", {"image_size_total": 1}))
    cloud.filled(bytes(600_000))
    taken = []

    def endless() -> Iterator[bytes]:
        while True:
            taken.append(1)
            yield bytes(100_000)

    with pytest.raises(OverQuota):
        interface.receive(cloud.settings)(cloud.context(), cloud.make()["id"], endless())
    assert (len(taken), len(cloud.files())) == (1, 1)


def test_staged_bytes_count_as_well(cloud: Any) -> None:
    cloud.context().transact("test", lambda tx: quota.set_limits(tx, "alpha", "image", {"image_size_total": 1}))
    staged, other = cloud.make(), cloud.make()
    raw = {"Content_Type": "application/octet-stream"}
    assert cloud.call("PUT", f"/v2/images/{staged['id']}/stage", data=bytes(600_000), **raw).status_code == 204
    assert cloud.upload(other["id"], bytes(600_000)).status_code == 413
    body = {"method": {"name": "glance-direct"}}
    assert cloud.call("POST", f"/v2/images/{staged['id']}/import", body=body).status_code == 202
    cloud.call("DELETE", f"/v2/images/{staged['id']}")
    assert cloud.upload(other["id"], bytes(600_000)).status_code == 204


def test_hosts_get_the_bytes(cloud: Any) -> None:
    image = cloud.filled(b"0123456789")
    assert b"".join(cloud.system.control.image("h1", image["id"])) == b"0123456789"
    assert b"".join(cloud.system.control.image("h1", image["id"], 7)) == b"789"


def test_the_cloud_itself_fills_an_image_that_a_user_made(cloud: Any) -> None:
    image = cloud.make()
    interface.receive(cloud.settings)(cloud.context(), image["id"], iter([b"snap", b"shot"]))
    assert (cloud.show(image["id"])["status"], cloud.show(image["id"])["size"]) == ("active", 8)


def test_registering_goes_on_where_an_earlier_start_died(cloud: Any) -> None:
    path = cloud.settings.directory.with_name("disk.raw")
    path.write_bytes(b"0123456789")

    def register() -> str:
        return interface.register(cloud.context("admin"), cloud.settings, "tiny", path, "raw")

    half = cloud.make("admin", name="tiny", visibility="public")

    def dying() -> Iterator[bytes]:
        yield b"01"
        assert register() == half["id"]
        yield b"23"

    with pytest.raises(upload.UploadOvertaken):
        interface.receive(cloud.settings)(cloud.context("admin"), half["id"], dying())
    assert cloud.names("?name=tiny") == ["tiny"]
    assert cloud.call("GET", f"/v2/images/{half['id']}/file").content == b"0123456789"


def test_registering_a_file_again_changes_nothing(cloud: Any) -> None:
    path = cloud.settings.directory.with_name("disk.raw")
    path.write_bytes(b"0123456789")
    assert interface.registered(cloud.context("admin"), "tiny") is None
    cloud.make("admin", name="tiny", visibility="public", os_distro="x")
    assert interface.registered(cloud.context("admin"), "tiny") is None
    made = [
        interface.register(cloud.context("admin"), cloud.settings, "tiny", path, "raw", properties={"os_distro": "x"})
        for _ in range(2)
    ]
    assert made[0] == made[1] == interface.registered(cloud.context("admin"), "tiny")
    shown = cloud.show(made[0], "bob")
    assert (shown["status"], shown["visibility"], shown["os_distro"]) == ("active", "public", "x")
