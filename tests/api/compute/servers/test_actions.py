"""Starting, stopping, rebooting; guests that stop by themselves; what is recorded of it."""

from __future__ import annotations

from typing import Any

from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.host.reconcile import Verb


def test_a_server_is_stopped_and_started(cloud: Any) -> None:
    member = cloud.member()
    server_id = cloud.active()

    assert member.act(server_id, "os-stop").status == 202
    assert member.server(server_id)["OS-EXT-STS:task_state"] == "powering-off"
    cloud.settle()
    stopped = member.server(server_id)
    assert (stopped["status"], stopped["OS-EXT-STS:power_state"]) == ("SHUTOFF", 4)
    assert cloud.hypervisors["h1"].observe()[server_id].power == "shutdown"

    assert member.act(server_id, "os-start").status == 202
    cloud.settle()
    assert member.server(server_id)["status"] == "ACTIVE"
    assert cloud.hypervisors["h1"].observe()[server_id].power == "running"


def test_an_action_that_the_state_forbids_is_a_conflict_that_names_the_state(cloud: Any) -> None:
    member = cloud.member()
    server_id = cloud.active()

    refused = member.act(server_id, "os-start")

    assert refused.status == 409
    assert refused.json["conflictingRequest"]["message"] == (
        f"Cannot 'start' instance {server_id} while it is in vm_state active"
    )


def test_a_reboot_shows_as_one_until_it_is_done(cloud: Any) -> None:
    member = cloud.member()
    server_id = cloud.active()
    pid = cloud.hypervisors["h1"].observe()[server_id].pid

    assert member.act(server_id, "reboot", {"type": "HARD"}).status == 202
    assert member.server(server_id)["status"] == "HARD_REBOOT"
    cloud.settle()

    assert member.server(server_id)["status"] == "ACTIVE"
    assert cloud.hypervisors["h1"].observe()[server_id].pid != pid


def test_a_hard_reboot_starts_a_server_that_is_shut_off(cloud: Any) -> None:
    member = cloud.member()
    server_id = cloud.active()
    member.act(server_id, "os-stop")
    cloud.settle()

    assert member.act(server_id, "reboot", {"type": "SOFT"}).status == 409
    assert member.act(server_id, "reboot", {"type": "HARD"}).status == 202
    cloud.settle()

    assert member.server(server_id)["status"] == "ACTIVE"


def test_a_guest_that_stops_by_itself_is_noticed_and_stays_stopped(cloud: Any) -> None:
    server_id = cloud.active()
    cloud.hypervisors["h1"].shut_itself_down(server_id)

    cloud.run_for(130)

    shown = cloud.member().server(server_id)
    assert (shown["status"], shown["OS-EXT-STS:power_state"]) == ("SHUTOFF", 4)
    assert cloud.hypervisors["h1"].observe()[server_id].power == "shutdown"


def test_a_stop_that_fails_leaves_the_server_as_it_was_and_is_recorded(cloud: Any) -> None:
    member = cloud.member()
    server_id = cloud.active()
    cloud.hypervisors["h1"].fail(Verb.SHUT_DOWN, HypervisorError("shut down", "it will not"))

    member.act(server_id, "os-stop")
    cloud.settle()

    assert member.server(server_id)["status"] == "ACTIVE"
    [action, _] = member.get(f"/servers/{server_id}/os-instance-actions").json["instanceActions"]
    assert (action["action"], action["message"]) == ("stop", "Error")
    shown = cloud.admin().get(f"/servers/{server_id}/os-instance-actions/{action['request_id']}").json
    event = shown["instanceAction"]["events"][0]
    assert (event["event"], event["result"], event["details"]) == (
        "compute_stop_instance",
        "Error",
        "shut down: it will not",
    )
    assert event["host"] == "h1"


def test_actions_are_kept_newest_first_and_after_the_server_is_gone(cloud: Any) -> None:
    member = cloud.member()
    server_id = cloud.active()
    member.act(server_id, "lock")
    cloud.clock.advance(1)
    member.act(server_id, "unlock")
    cloud.clock.advance(1)
    member.delete(f"/servers/{server_id}")
    cloud.settle()

    found = member.get(f"/servers/{server_id}/os-instance-actions").json["instanceActions"]
    assert [action["action"] for action in found] == ["delete", "unlock", "lock", "create"]
    first = member.get(f"/servers/{server_id}/os-instance-actions?limit=1").json
    assert [action["action"] for action in first["instanceActions"]] == ["delete"]
    assert "marker=" in first["links"][0]["href"]
    assert cloud.member("2.1").get(f"/servers/{server_id}/os-instance-actions").status == 404


def test_an_administrator_may_say_what_state_a_server_is_in(cloud: Any) -> None:
    server_id = cloud.active()

    assert cloud.member().act(server_id, "os-resetState", {"state": "error"}).status == 403
    assert cloud.admin().act(server_id, "os-resetState", {"state": "error"}).status == 202
    assert cloud.member().server(server_id)["status"] == "ERROR"
    assert cloud.admin().act(server_id, "os-resetState", {"state": "active"}).status == 202
    assert cloud.member().server(server_id)["status"] == "ACTIVE"


def test_console_output_is_asked_of_the_host(cloud: Any) -> None:
    server_id = cloud.active()

    answer = cloud.member().act(server_id, "os-getConsoleOutput", {"length": 10})

    assert answer.status == 503, "the simulated hypervisor has no guests that print, and says so"
    assert "no guests that print" in answer.json["serviceUnavailable"]["message"]


def test_what_was_never_resized_cannot_be_confirmed(cloud: Any) -> None:
    server_id = cloud.active()
    refused = cloud.member().act(server_id, "confirmResize")
    assert refused.status == 409
    assert "while it is in vm_state active" in refused.json["conflictingRequest"]["message"]
