"""A token that is not there, not ours, too old, or of somebody who is gone: 401 from every route, in the API's form."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.matrix.bodies import body_of
from tests.matrix.world import Call, World, make_world

from cupola.testing.cloud import TestCloud
from cupola.testing.http import Answer


def altered(token: str, place: float) -> str:
    """The token with one character changed, at a place between its start (0) and its end (1)."""
    at = int(place * (len(token) - 3))
    return token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]


def of_a_user(cloud: TestCloud, name: str) -> tuple[str, str]:
    """The id and a token of a new member of a new project of that name."""
    token = cloud.member(name).token
    admin = cloud.admin()
    user = admin.get(f"/identity/v3/users?name={name}-member").json["users"][0]["id"]
    return user, str(token)


def bad_tokens(world: World) -> dict[str, str | None]:
    """By what is wrong with them."""
    cloud = world.cloud
    admin, good = cloud.admin(), str(world.tokens["member"])
    disabled, of_disabled = of_a_user(cloud, "disabled")
    deleted, of_deleted = of_a_user(cloud, "deleted")
    _, of_lost = of_a_user(cloud, "lost")
    _, of_frozen = of_a_user(cloud, "frozen")
    changed, of_changed = of_a_user(cloud, "changed")
    _, revoked = of_a_user(cloud, "revoked")
    path = "/identity/v3"
    assert admin.patch(f"{path}/users/{disabled}", {"user": {"enabled": False}}).status == 200
    assert admin.patch(f"{path}/users/{changed}", {"user": {"password": "another"}}).status == 200
    assert admin.delete(f"{path}/users/{deleted}").status == 204
    assert admin.delete(f"{path}/projects/{cloud.project_id('lost')}").status == 204
    frozen = {"project": {"enabled": False}}
    assert admin.patch(f"{path}/projects/{cloud.project_id('frozen')}", frozen).status == 200
    headers = {"X-Subject-Token": revoked}
    assert admin.delete(f"{path}/auth/tokens", headers=headers).status == 204
    return {
        "none": None,
        "empty": "",
        "of another cloud": "gAAAAA" + "x" * 180,
        "not ASCII": "tökän",
        "altered at its start": altered(good, 0),
        "altered in its time": altered(good, 0.05),
        "altered in the middle": altered(good, 0.5),
        "altered at its end": altered(good, 1),
        "of a disabled user": of_disabled,
        "of a deleted user": of_deleted,
        "of a deleted project": of_lost,
        "of a disabled project": of_frozen,
        "of before the password changed": of_changed,
        "revoked": revoked,
    }


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, dict[str, str | None]]:
    world = make_world(tmp_path_factory.mktemp("tokens"))
    return world, bad_tokens(world)


def test_no_route_takes_a_bad_token(refused: tuple[World, dict[str, str | None]]) -> None:
    world, tokens = refused
    assert not_refused(world, tokens) == []
    assert world.cloud.findings() == []


def not_refused(world: World, tokens: Mapping[str, str | None]) -> list[tuple[str, str, int, bytes]]:
    """Routes that answer to a bad token otherwise than they should."""
    taken = []
    for call in world.calls():
        if call.route.rule is None:
            continue
        body = body_of(world, call)
        for kind, token in tokens.items():
            answer = world.ask(call, token, body)
            if answer.status != 401 or not in_form(answer, call):
                taken.append((call.name, kind, answer.status, answer.content))
    return taken


def in_form(answer: Answer, call: Call) -> bool:
    """As clients find out where to log in."""
    where = 'Keystone uri="http://cloud.test/identity/v3"' if call.api.bearer is None else "Bearer"
    if answer.headers.get("www-authenticate") != where:
        return False
    if call.route.method == "HEAD":
        return not answer.content
    if call.api.service == "image":
        return b"401" in answer.content
    if call.api.bearer is not None:
        return bool(answer.json["errors"][0]["status"] == 401 and answer.json["errors"][0]["detail"])
    error = answer.json["error"]
    return bool(error["code"] == 401 and error["title"] == "Unauthorized" and error["message"])


def test_a_bad_token_may_not_be_looked_at_either(refused: tuple[World, dict[str, str | None]]) -> None:
    """GET /v3/auth/tokens with a good token, about a bad one."""
    world, tokens = refused
    admin = world.cloud.admin()
    for kind, token in tokens.items():
        headers = {"X-Subject-Token": token} if token is not None else {}
        assert admin.get("/identity/v3/auth/tokens", headers=headers).status in (400, 401, 404), kind


def test_a_bad_token_gives_no_new_one(refused: tuple[World, dict[str, str | None]]) -> None:
    world, tokens = refused
    for kind, token in tokens.items():
        identity = {"methods": ["token"], "token": {"id": token or ""}}
        answer = world.cloud.anybody().post("/identity/v3/auth/tokens", {"auth": {"identity": identity}})
        assert answer.status in (401, 404), (kind, answer.content)


def test_no_route_takes_an_expired_token(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    world.cloud.clock.advance(world.cloud.settings.identity.token_expiration)
    assert not_refused(world, {"expired": world.tokens["admin"]}) == []
