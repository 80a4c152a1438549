"""What another project can learn of demo's things: nothing, not even that they are there."""

from __future__ import annotations

from typing import Any

import pytest
from tests.matrix.bodies import body_of
from tests.matrix.roles import things_of
from tests.matrix.world import Call, World

from cupola.testing.http import Answer

UNKNOWN = "99999999-9999-4999-8999-999999999999"
EVERYBODYS = ("flavors", "regions", "extensions", "schemas", "os-keypairs", "v2")
"""What all may see, or have of their own by the same name."""
TELLS = {"compute GET /v2.1/os-quota-sets/{project_id}/defaults": "anybody may ask, and only of a project that is"}
"""Routes that do tell, as this API always has."""
ASKING_FOR_MORE = (
    "all_tenants=1",
    "project_id={projects}",
    "tenant_id={projects}",
    "owner={projects}",
    "visibility=all",
    "user_id={users}",
    "member_status=all",
    "id={networks}",
    "device_id={servers}",
    "network_id={networks}",
)


def first_kind(call: Call) -> str | None:
    """The kind of thing that a route is about."""
    before, variable, _ = call.route.path.partition("/{")
    return before.rpartition("/")[2] if variable else None


def told(answer: Answer, *ids: str) -> tuple[int, str]:
    """What is learned from an answer, whatever was asked for and in which request."""
    words = answer.content.decode()
    for id_ in (*ids, answer.headers.get("x-openstack-request-id", "-")):
        words = words.replace(id_, "…")
    return answer.status, words


@pytest.mark.parametrize("caller", ["other", "unscoped"])
def test_a_path_to_a_thing_of_another_project_is_as_one_to_nothing(world: World, caller: str) -> None:
    differs = []
    for call in world.calls():
        kind = first_kind(call)
        if call.route.rule is None or kind is None or kind in EVERYBODYS or call.name in TELLS:
            continue
        body, things = body_of(world, call), things_of(world, call)
        world.restore()  # a trace shows what was asked before
        there = world.ask(call, world.tokens[caller], body, things)
        nowhere = world.ask(call, world.tokens[caller], body, things | {kind: UNKNOWN})
        known = (world.things | things)[kind]
        if (one := told(there, known)) != (two := told(nowhere, UNKNOWN)):
            differs.append((call.name, one, two))
    assert differs == []


def test_a_body_that_names_a_thing_of_another_project_is_as_one_that_names_nothing(world: World) -> None:
    hidden = hidden_things(world)
    differs = []
    for call in world.calls():
        if call.route.rule is None:
            continue
        body = body_of(world, call)
        for known in sorted(set(texts(body)) & hidden):
            answers = []
            for named in (known, UNKNOWN):
                answers.append(told(world.ask(call, world.tokens["other"], swapped(body, known, named)), named))
                world.restore()
            if answers[0] != answers[1]:
                differs.append((call.name, *answers))
    assert differs == []


@pytest.mark.parametrize("caller", ["other", "unscoped"])
def test_no_list_shows_a_thing_of_another_project(world: World, caller: str) -> None:
    hidden = hidden_things(world)
    shown = []
    for call in world.calls():
        if call.route.method != "GET" or call.parts or call.route.rule is None:
            continue
        for query in ("", *(f"?{more.format(**world.things)}" for more in ASKING_FOR_MORE)):
            content = world.ask(call, world.tokens[caller], query=query or None).content.decode()
            if seen := [id_ for id_ in hidden if id_ in content.replace(query.partition("=")[2] or "-", "…")]:
                shown.append((call.name, query, seen))
    assert shown == []


def hidden_things(world: World) -> set[str]:
    """Ids of what only demo (or an administrator) may see."""
    kinds = (
        "servers ports networks subnets routers floatingips security-groups security-group-rules images projects users"
        " groups resource_providers allocations"
    ).split()
    return {world.things[kind] for kind in (*kinds, "private network", "free port", "queued image")}


def texts(value: Any) -> list[str]:
    """Every string in a body."""
    if isinstance(value, dict):
        return [*value, *(text for each in value.values() for text in texts(each))]
    if isinstance(value, list):
        return [text for each in value for text in texts(each)]
    return [value] if isinstance(value, str) else []


def swapped(value: Any, old: str, new: str) -> Any:
    """The body with one string in place of another."""
    if isinstance(value, dict):
        return {swapped(name, old, new): swapped(each, old, new) for name, each in value.items()}
    if isinstance(value, list):
        return [swapped(each, old, new) for each in value]
    return new if value == old else value
