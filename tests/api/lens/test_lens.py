"""The looking glass over a simulated cloud: traces by any id, what is missing in them, and doctor's findings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cupola.lens.find import MOST
from cupola.lens.node import Node
from cupola.lens.text import lines
from cupola.testing.cloud import TestCloud
from cupola.testing.http import Browser


@pytest.fixture
def cloud(tmp_path: Path) -> TestCloud:
    return TestCloud(tmp_path)


def boot(member: Browser) -> tuple[str, str]:
    """Ask for a server; returns its id and the request's."""
    image = member.get("/image/v2/images?name=guest").json["images"][0]["id"]
    network = member.get("/network/v2.0/networks?name=private").json["networks"][0]["id"]
    flavor = next(f for f in member.get("/compute/v2.1/flavors").json["flavors"] if f["name"] == "m1.tiny")["id"]
    wanted = {"name": "seen", "imageRef": image, "flavorRef": flavor, "networks": [{"uuid": network}]}
    answer = member.post("/compute/v2.1/servers", {"server": wanted})
    assert answer.status == 202
    return answer.json["server"]["id"], answer.headers["x-openstack-request-id"]


def trace(who: Browser, id_: str) -> list[Node]:
    answer = who.get(f"/lens/v1/traces/{id_}")
    assert answer.status == 200, answer.content
    return [Node.from_json(tree) for tree in answer.json["traces"]]


def kinds(trees: list[Node]) -> list[str]:
    return [node.kind for tree in trees for node in tree.walk()]


def test_a_trace_goes_from_the_call_to_what_was_done_on_the_host(cloud: TestCloud) -> None:
    server, request = boot(cloud.log_in("demo", "demo"))
    cloud.settle()
    (tree,) = trace(cloud.admin(), request)

    assert tree.title == "POST /compute/v2.1/servers → 202"
    assert tree.details["caller"] == "demo"
    operation = next(node for node in tree.children if node.kind == "operation")
    assert (operation.title, operation.state) == (f"compute.create_server of server {server}", "done")
    assert [step.title for step in operation.children] == ["schedule", "spawn"]
    spawn = operation.children[1]
    message = next(node for node in spawn.children if node.kind == "message")
    assert message.details["received"] is not None
    assert any("tap" in effect.title for effect in message.children)
    assert any(f"server {server}: status BUILD → ACTIVE" in node.title for node in spawn.children)


def test_any_id_leads_to_the_same_story(cloud: TestCloud) -> None:
    member = cloud.log_in("demo", "demo")
    server, request = boot(member)
    cloud.settle()
    (tree,) = trace(cloud.admin(), request)
    ids = [str(node.details.get(name)) for node in tree.walk() for name in ("operation_id", "message_id")]
    port = member.get(f"/network/v2.0/ports?device_id={server}").json["ports"][0]["id"]
    for id_ in {*ids, server, port} - {"None"}:
        assert request in [found.details["request_id"] for found in trace(cloud.admin(), id_)], id_


def test_what_was_expected_and_did_not_happen_is_in_the_trace(cloud: TestCloud) -> None:
    cloud.simulator.stop("host.h1")
    _, request = boot(cloud.log_in("demo", "demo"))
    cloud.run_for(30)
    (tree,) = trace(cloud.admin(), request)
    missing = [node for node in tree.walk() if node.kind == "missing"]
    assert len(missing) == 1
    assert "report of 'spawn' from host h1 was expected in" in missing[0].title
    assert "last heard of" in missing[0].title


def test_a_failed_request_is_traced_with_its_reason(cloud: TestCloud) -> None:
    answer = cloud.log_in("demo", "demo").post("/compute/v2.1/servers", {"server": {"name": "no image"}})
    assert answer.status == 400
    (tree,) = trace(cloud.admin(), answer.headers["x-openstack-request-id"])
    assert tree.state == "failed"
    assert tree.details["error"]


def test_user_data_that_was_refused_is_in_no_trace(cloud: TestCloud) -> None:
    flavor = cloud.member().get("/compute/v2.1/flavors").json["flavors"][0]["id"]
    image = cloud.member().get("/image/v2/images").json["images"][0]["id"]
    wanted = {"name": "s", "imageRef": image, "flavorRef": flavor, "user_data": "#cloud-config\npassword: hunter2\n"}
    answer = cloud.member().post("/compute/v2.1/servers", {"server": wanted})
    assert (answer.status, b"base64" in answer.content) == (400, True)
    (tree,) = trace(cloud.reader(), answer.headers["x-openstack-request-id"])
    assert tree.details["error"] == "Invalid input for user_data."


def test_a_project_sees_its_own_traces_only(cloud: TestCloud) -> None:
    member = cloud.log_in("demo", "demo")
    _, request = boot(member)
    cloud.settle()
    assert kinds(trace(member, request))
    assert cloud.member("other").get(f"/lens/v1/traces/{request}").status == 404
    assert cloud.anybody().get(f"/lens/v1/traces/{request}").status == 401


def test_a_trace_shows_the_newest_requests_and_those_of_others_do_not_displace_a_projects_own(cloud: TestCloud) -> None:
    member, other = cloud.member(), cloud.member("other")
    path = "/network/v2.0/networks/00000000-0000-4000-8000-000000000000"
    first = member.delete(path).headers["x-openstack-request-id"]
    sent = []
    for _ in range(MOST + 5):
        cloud.clock.advance(1)
        sent.append(other.delete(path).headers["x-openstack-request-id"])

    def seen(who: Browser) -> list[str]:
        return [tree.details["request_id"] for tree in trace(who, path.rpartition("/")[2])]

    assert seen(member) == [first]
    assert seen(other) == seen(cloud.admin()) == sent[-MOST:]


def test_a_word_of_many_paths_is_the_name_of_nothing(cloud: TestCloud) -> None:
    member = cloud.member()
    assert member.post("/network/v2.0/networks", {"network": {"name": "traced"}}).status == 201
    assert member.get("/lens/v1/traces/v2.0").status == 404


def test_an_unknown_id_is_not_found(cloud: TestCloud) -> None:
    answer = cloud.admin().get("/lens/v1/traces/nothing")
    assert answer.status == 404
    assert "nothing" in answer.json["errors"][0]["detail"]


def test_a_trace_reads_as_one_line_a_node(cloud: TestCloud) -> None:
    server, request = boot(cloud.log_in("demo", "demo"))
    cloud.settle()
    trees = trace(cloud.admin(), request)
    text = list(lines(trees))
    assert len(text) == len(kinds(trees)) + 1
    assert request in text[0]
    assert any(server in line and "└─" in line for line in text)


def test_doctor_has_nothing_to_say_of_a_healthy_cloud(cloud: TestCloud) -> None:
    boot(cloud.log_in("demo", "demo"))
    cloud.settle()
    assert cloud.admin().get("/lens/v1/doctor").json == {"findings": []}


def test_doctor_names_a_silent_host_and_a_lost_guest(tmp_path: Path) -> None:
    cloud = TestCloud(tmp_path, hosts=("h1", "h2"))
    server, request = boot(cloud.log_in("demo", "demo"))
    cloud.settle()
    host = next(host for host in cloud.hosts.values() if server in host.hypervisor.observe())
    other = next(name for name in cloud.hosts if name != host.name)
    cloud.simulator.stop(f"host.{other}")
    cloud.run_for(70)
    host.hypervisor.crash(server)
    findings: list[dict[str, Any]] = cloud.admin().get("/lens/v1/doctor").json["findings"]
    found = {(finding["check"], finding["subject"]): finding for finding in findings}
    assert ("host.silent", f"host/{other}") in found
    assert found["guest.differs", f"server/{server}"]["request_id"] == request


def test_only_an_administrator_may_ask_doctor(cloud: TestCloud) -> None:
    assert cloud.member().get("/lens/v1/doctor").status == 403
    assert cloud.member().get("/lens/v1/status").status == 403


def test_status_counts_what_is_under_way(cloud: TestCloud) -> None:
    boot(cloud.log_in("demo", "demo"))
    status = cloud.admin().get("/lens/v1/status").json
    assert (status["operations"], [host["name"] for host in status["hosts"]]) == (1, ["h1"])
    cloud.settle()
    assert cloud.admin().get("/lens/v1/status").json["operations"] == 0
