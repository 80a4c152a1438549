"""What compute's operations are asked to do, and what must be true of it in the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.host.reconcile import Verb
from cupola.testing.demo import Demo
from cupola.testing.operations import Scenario

CREATE, DELETE = "compute.create_server", "compute.delete_server"

# prepare --------------------------------------------------------------------------------------------------------------


def nothing(_demo: Demo) -> None:
    """Nothing has to be there."""


def active(demo: Demo) -> str:
    return demo.active()


def stopped(demo: Demo) -> str:
    server = demo.active()
    assert demo.act(server, "os-stop").status == 202
    return server


def failed(demo: Demo) -> str:
    """A server in ERROR: its host could not start it."""
    demo.cloud.hosts["h1"].hypervisor.fail(Verb.START, HypervisorError("start", "no such luck"))
    server = demo.boot()
    demo.cloud.settle()
    assert demo.status(server) == "ERROR"
    return server


def networks(demo: Demo) -> list[str]:
    return [demo.network(), demo.new_network("second", "10.1.0.0/24"), demo.new_network("third", "10.2.0.0/24")]


def port(demo: Demo) -> str:
    return demo.made("port", network_id=demo.network())


def plugged_twice(demo: Demo) -> tuple[str, str]:
    server = demo.active()
    return server, demo.attach(server)


# act ------------------------------------------------------------------------------------------------------------------


def boot(demo: Demo, _: Any) -> str:
    return demo.boot()


def boot_on(demo: Demo, on: list[str]) -> str:
    return demo.boot("one", *({"uuid": each} for each in on))


def boot_with(demo: Demo, given: str) -> str:
    return demo.boot("one", {"port": given})


def act(action: str, argument: Any = None) -> Callable[[Demo, str], str]:
    def ask(demo: Demo, server: str) -> str:
        assert demo.act(server, action, argument).status == 202
        return server

    return ask


def delete(demo: Demo, server: str) -> str:
    demo.delete(server)
    return server


def boot_and_delete(demo: Demo, _: Any) -> str:
    """Delete what nobody has begun to build."""
    return delete(demo, demo.boot())


def delete_while_it_is_built(demo: Demo, _: Any) -> str:
    """Delete what a host was asked for and did not answer yet."""
    demo.cloud.simulator.stop("host.h1")
    server = demo.boot()
    demo.cloud.run_for(1)
    assert demo.server(server)["OS-EXT-STS:task_state"] == "spawning"
    demo.cloud.simulator.start("host.h1")
    return delete(demo, server)


def attach(demo: Demo, server: str) -> tuple[str, str]:
    return server, demo.attach(server)


def detach(demo: Demo, prepared: tuple[str, str]) -> tuple[str, str]:
    demo.detach(*prepared)
    return prepared


# check ----------------------------------------------------------------------------------------------------------------


def built(demo: Demo, server: str, possible: bool) -> None:
    shown = demo.server(server)
    if possible:
        assert shown["status"] == "ACTIVE"
        assert demo.cloud.guests() == {server: "running"}
    else:
        assert shown["status"] == "ERROR"
        assert "injected" in shown["fault"]["message"]
        assert demo.cloud.guests() == {}
    demo.delete(server)
    demo.cloud.settle()
    gone(demo, server, True)


def built_on_all(demo: Demo, server: str, possible: bool) -> None:
    on = [shown["network_id"] for shown in demo.ports_of(server)]
    assert len(on) == len(set(on)) == 3
    assert len(demo.server(server)["addresses"]) == 3
    built(demo, server, possible)


def built_with_port(demo: Demo, server: str, possible: bool) -> None:
    (given,) = demo.ports_of(server)
    assert given["status"] == ("ACTIVE" if possible else "DOWN")
    built(demo, server, possible)
    left = demo.shown("port", given["id"])
    assert (left["device_id"], left["device_owner"], left["status"]) == ("", "", "DOWN")


def gone(demo: Demo, server: str, possible: bool) -> None:
    assert possible, "a delete is never taken back"
    assert demo.is_gone(server)
    assert demo.ports_of(server) == []
    used = demo.http.get("/compute/v2.1/limits").json["limits"]["absolute"]
    assert (used["totalInstancesUsed"], used["totalCoresUsed"], used["totalRAMUsed"]) == (0, 0, 0)
    assert demo.cloud.guests() == {}


def is_now(after: str, before: str) -> Callable[[Demo, str, bool], None]:
    def check(demo: Demo, server: str, possible: bool) -> None:
        assert demo.status(server) == (after if possible else before)

    return check


def has_both(demo: Demo, outcome: tuple[str, str], there: bool) -> None:
    server, extra = outcome
    assert demo.status(server) == "ACTIVE"
    assert (extra in demo.interfaces(server)) == there
    assert len(demo.interfaces(server)) == (2 if there else 1)


def has_one(demo: Demo, outcome: tuple[str, str], possible: bool) -> None:
    has_both(demo, outcome, not possible)


SCENARIOS = (
    Scenario("create", CREATE, nothing, boot, built),
    Scenario("create-on-several-networks", CREATE, networks, boot_on, built_on_all),
    Scenario("create-with-a-given-port", CREATE, port, boot_with, built_with_port),
    Scenario("delete", DELETE, active, delete, gone),
    Scenario("delete-at-once", DELETE, nothing, boot_and_delete, gone),
    Scenario("delete-in-build", DELETE, nothing, delete_while_it_is_built, gone),
    Scenario("delete-in-error", DELETE, failed, delete, gone),
    Scenario("stop", "compute.stop_server", active, act("os-stop"), is_now("SHUTOFF", "ACTIVE")),
    Scenario("start", "compute.start_server", stopped, act("os-start"), is_now("ACTIVE", "SHUTOFF")),
    Scenario(
        "reboot-hard", "compute.reboot_server", active, act("reboot", {"type": "HARD"}), is_now("ACTIVE", "ACTIVE")
    ),
    Scenario(
        "reboot-soft", "compute.reboot_server", active, act("reboot", {"type": "SOFT"}), is_now("ACTIVE", "ACTIVE")
    ),
    Scenario(
        "reboot-stopped", "compute.reboot_server", stopped, act("reboot", {"type": "HARD"}), is_now("ACTIVE", "SHUTOFF")
    ),
    Scenario("attach-interface", "compute.attach_interface", active, attach, has_both),
    Scenario("detach-interface", "compute.detach_interface", plugged_twice, detach, has_one),
)
