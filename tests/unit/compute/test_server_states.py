"""States are a table: statuses, filters by status, and what is allowed."""

from __future__ import annotations

import pytest

from cupola.compute.model.server import hostname_of
from cupola.compute.model.states import ACTIONS, STATUS, having, status


@pytest.mark.parametrize(
    ("vm_state", "task_state", "expected"),
    [
        ("building", "scheduling", "BUILD"),
        ("active", None, "ACTIVE"),
        ("active", "deleting", "ACTIVE"),
        ("active", "rebooting", "REBOOT"),
        ("active", "rebooting_hard", "HARD_REBOOT"),
        ("stopped", "powering-on", "SHUTOFF"),
        ("error", None, "ERROR"),
        ("deleted", None, "DELETED"),
    ],
)
def test_a_status_follows_from_two_states(vm_state: str, task_state: str | None, expected: str) -> None:
    assert status(vm_state, task_state) == expected


def test_every_status_can_be_asked_for_in_any_case() -> None:
    for names in STATUS.values():
        for name in names.values():
            assert having([name.lower()])
    assert having(["PAUSED"]) == []
    assert having(["PURPLE"]) is None


def test_a_status_without_a_task_leaves_out_the_tasks_that_have_a_status_of_their_own() -> None:
    [found] = having(["ACTIVE"]) or []
    assert (found.vm_state, found.task_state, set(found.named)) == ("active", None, {"rebooting", "rebooting_hard"})


def test_actions_speak_of_states_there_are() -> None:
    known = {*STATUS, "paused", "suspended", "resized"}
    for allowed in ACTIONS.values():
        assert allowed.vm is None or set(allowed.vm) <= known


@pytest.mark.parametrize(
    ("name", "hostname"),
    [("web 1", "web-1"), ("Web_1.example", "web-1-example"), ("--x--", "x"), ("é", "server-id"), ("a" * 80, "a" * 63)],
)
def test_a_host_name_is_made_of_the_name(name: str, hostname: str) -> None:
    assert hostname_of(name, "id") == hostname
