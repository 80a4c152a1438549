"""Images through the API: made, shown, changed, deleted."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_new_image_is_queued_and_shows_the_users_own_properties_beside_its_fields(cloud: Any) -> None:
    answer = cloud.call(
        "POST",
        "/v2/images",
        body={
            "name": "one",
            "disk_format": "raw",
            "container_format": "bare",
            "tags": ["b", "a"],
            "os_distro": "debian",
        },
    )
    image = answer.json
    assert answer.status_code == 201
    assert answer.headers["Location"].endswith(f"/image/v2/images/{image['id']}")
    assert (image["status"], image["visibility"], image["owner"]) == ("queued", "shared", "alpha")
    assert (image["os_distro"], image["tags"], image["size"]) == ("debian", ["a", "b"], None)
    assert cloud.show(image["id"]) == image


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": 5}, 400),
        ({"disk_format": "floppy"}, 400),
        ({"min_disk": -1}, 400),
        ({"id": "not-a-uuid"}, 400),
        ({"colour": 5}, 400),
        ([], 400),
        ({"status": "active"}, 403),
        ({"self": "/v2"}, 403),
        ({"deleted": "yes"}, 403),
        ({"os_glance_import_task": "x"}, 403),
        ({"visibility": "public"}, 403),
        ({"owner": "beta"}, 403),
        ({"tags": [str(number) for number in range(129)]}, 413),
    ],
)
def test_an_image_that_cannot_be_is_refused(cloud: Any, body: object, status: int) -> None:
    assert cloud.call("POST", "/v2/images", body=body).status_code == status
    assert cloud.names() == []


def test_an_id_is_given_out_once(cloud: Any) -> None:
    image = cloud.make()
    answer = cloud.call("POST", "/v2/images", "bob", {"id": image["id"]})
    assert (answer.status_code, answer.json["message"].partition("<")[0]) == (
        409,
        f"Image ID {image['id']} already exists!",
    )


def test_a_patch_adds_replaces_and_removes(cloud: Any) -> None:
    image = cloud.make(os_distro="debian", release="12")
    cloud.clock.advance(5)
    answer = cloud.patch(
        image["id"],
        {"op": "replace", "path": "/name", "value": "new"},
        {"op": "add", "path": "/colour", "value": "red"},
        {"op": "replace", "path": "/release", "value": "13"},
        {"op": "remove", "path": "/os_distro"},
        {"op": "replace", "path": "/tags", "value": ["x", "x"]},
        {"op": "replace", "path": "/min_ram", "value": 64},
    )
    changed = answer.json
    assert answer.status_code == 200, answer.text
    assert (changed["name"], changed["colour"], changed["release"]) == ("new", "red", "13")
    assert (changed["tags"], changed["min_ram"]) == (["x"], 64)
    assert "os_distro" not in changed
    assert changed["updated_at"] > changed["created_at"]
    assert cloud.show(image["id"]) == changed


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"op": "remove", "path": "/absent"}, 409),
        ({"op": "replace", "path": "/absent", "value": "x"}, 409),
        ({"op": "remove", "path": "/name"}, 403),
        ({"op": "replace", "path": "/status", "value": "active"}, 403),
        ({"op": "replace", "path": "/id", "value": "x"}, 403),
        ({"op": "replace", "path": "/owner", "value": "beta"}, 403),
        ({"op": "replace", "path": "/visibility", "value": "public"}, 403),
        ({"op": "add", "path": "/location", "value": "x"}, 403),
        ({"op": "add", "path": "/locations/-", "value": {"url": "file:///etc/shadow", "metadata": {}}}, 403),
        ({"op": "replace", "path": "/name", "value": 5}, 400),
        ({"op": "replace", "path": "/min_disk", "value": -1}, 400),
        ({"op": "replace", "path": "/a/b", "value": "x"}, 400),
        ({"op": "replace", "path": "name", "value": "x"}, 400),
        ({"op": "replace", "path": "/name"}, 400),
        ({"op": "move", "path": "/name", "value": "x"}, 400),
        ({"path": "/name", "value": "x"}, 400),
        ({"op": "add", "path": "/a~2b", "value": "x"}, 400),
    ],
)
def test_a_patch_that_cannot_be_changes_nothing(cloud: Any, change: dict[str, object], status: int) -> None:
    image = cloud.make()
    answer = cloud.patch(image["id"], {"op": "add", "path": "/colour", "value": "red"}, change)
    assert answer.status_code == status, answer.text
    assert cloud.show(image["id"]) == image


def test_the_older_patch_names_the_path_by_the_operation_and_adds_only_what_is_new(cloud: Any) -> None:
    image, media = cloud.make(os_distro="debian"), "application/openstack-images-v2.0-json-patch"
    path = f"/v2/images/{image['id']}"
    answer = cloud.call("PATCH", path, body=[{"add": "/colour", "value": "red"}], Content_Type=media)
    assert (answer.status_code, answer.json["colour"]) == (200, "red")
    again = cloud.call("PATCH", path, body=[{"add": "/os_distro", "value": "red"}], Content_Type=media)
    assert again.status_code == 409


def test_a_patch_of_another_media_type_is_told_which_ones_there_are(cloud: Any) -> None:
    answer = cloud.call("PATCH", f"/v2/images/{cloud.make()['id']}", body=[{"op": "replace", "path": "/name"}])
    assert answer.status_code == 415
    assert "application/openstack-images-v2.1-json-patch" in answer.json["message"]


def test_formats_are_fixed_once_the_bytes_are_there(cloud: Any) -> None:
    image = cloud.filled()
    answer = cloud.patch(image["id"], {"op": "replace", "path": "/disk_format", "value": "qcow2"})
    assert answer.status_code == 403


def test_a_protected_image_stays(cloud: Any) -> None:
    image = cloud.filled(protected=True)
    assert cloud.call("DELETE", f"/v2/images/{image['id']}").status_code == 403
    cloud.patch(image["id"], {"op": "replace", "path": "/protected", "value": False})
    assert cloud.call("DELETE", f"/v2/images/{image['id']}").status_code == 204
    assert cloud.call("GET", f"/v2/images/{image['id']}").status_code == 404
    assert cloud.files() == []


def test_tags_are_put_and_deleted_one_by_one(cloud: Any) -> None:
    image = cloud.make(tags=["a"])
    path = f"/v2/images/{image['id']}/tags"
    assert cloud.call("PUT", f"{path}/green").status_code == 204
    assert cloud.call("PUT", f"{path}/green").status_code == 204
    assert cloud.call("DELETE", f"{path}/a").status_code == 204
    assert cloud.call("DELETE", f"{path}/absent").status_code == 404
    assert cloud.call("PUT", f"{path}/{'x' * 256}").status_code == 400
    assert cloud.show(image["id"])["tags"] == ["green"]


def test_errors_are_worded_as_the_client_accepts_them(cloud: Any) -> None:
    missing = cloud.call("GET", "/v2/images/absent")
    assert missing.json == {
        "message": "No image found with ID absent<br /><br />\n\n\n",
        "code": "404 Not Found",
        "title": "Not Found",
    }
    page = cloud.call("GET", "/v2/images/absent", Accept="*/*")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "<h1>404 Not Found</h1>" in page.text
    plain = cloud.call("GET", "/v2/images/absent", Accept="")
    assert plain.text == "404 Not Found\n\nNo image found with ID absent\n\n   "


def test_a_limit_on_images_is_kept_and_given_back(cloud: Any) -> None:
    from cupola.base import quota

    ctx = cloud.context()
    ctx.transact("test", lambda tx: quota.set_limits(tx, "alpha", "image", {"image_count_total": 1}))
    image = cloud.make()
    assert cloud.call("POST", "/v2/images", body={}).status_code == 413
    cloud.call("DELETE", f"/v2/images/{image['id']}")
    assert cloud.call("POST", "/v2/images", body={}).status_code == 201
    usage = cloud.call("GET", "/v2/info/usage").json["usage"]
    assert usage["image_count_total"] == {"usage": 1, "limit": 1}


def test_paths_that_lead_nowhere(cloud: Any) -> None:
    assert cloud.call("GET", "/v2/nothing").status_code == 404
    assert cloud.call("POST", "/v2/images/x/nothing").status_code == 404
    assert cloud.call("GET", "/v2/nothing", None).status_code == 401
    assert cloud.call("GET", "/v9/images").json["versions"][0]["id"] == "v2.17"
    refused = cloud.call("PATCH", "/v2/images")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, OPTIONS, POST")
    assert cloud.call("HEAD", "/v2/images").status_code == 405


def test_what_the_service_offers(cloud: Any) -> None:
    assert cloud.call("GET", "/v2/schemas/image").json["properties"]["id"]["type"] == "string"
    assert {cloud.call("GET", f"/v2/schemas/{name}").json["name"] for name in ("images", "member", "members")} == {
        "images",
        "member",
        "members",
    }
    assert cloud.call("GET", "/v2/schemas/nothing").status_code == 404
    assert cloud.call("GET", "/v2/info/import").json["import-methods"]["value"] == ["glance-direct"]
    [store] = cloud.call("GET", "/v2/info/stores").json["stores"]
    assert store == {"id": "fs", "default": "true"}
    assert cloud.call("GET", "/v2/info/stores/detail").status_code == 403
    assert cloud.call("GET", "/v2/info/stores/detail", "admin").json["stores"][0]["type"] == "file"


def test_there_are_no_tasks(cloud: Any) -> None:
    assert cloud.call("GET", "/v2/tasks").status_code == 403
    assert cloud.call("GET", "/v2/tasks", "admin").json["tasks"] == []
    assert cloud.call("GET", "/v2/tasks/absent", "admin").status_code == 404
    assert cloud.call("GET", f"/v2/images/{cloud.make()['id']}/tasks").json == {"tasks": []}
