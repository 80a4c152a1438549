"""What ends tokens, or what they are worth, before their time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cupola.base.auth.passwords import Passwords
from cupola.identity.logic import revocations


@pytest.fixture
def member(cloud) -> dict[str, Any]:
    """A user with the role member in a project, both new."""
    project = cloud.make("project", name="work")
    user = cloud.make("user", name="ann", password="first")
    role = cloud.find("roles", "member")
    place = f"/v3/projects/{project['id']}/users/{user['id']}/roles/{role['id']}"
    assert cloud.call("PUT", place, cloud.token()).status_code == 204
    return {"project": project, "user": user, "place": place}


class Interrupted:
    """Passwords that let something happen while one is checked, which takes its time."""

    def __init__(self, passwords: Passwords, meanwhile: Callable[[], None]) -> None:
        self._passwords = passwords
        self._meanwhile = [meanwhile]

    def verify(self, password: str, known: str) -> tuple[bool, str | None]:
        if self._meanwhile:
            self._meanwhile.pop()()
        return self._passwords.verify(password, known)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._passwords, name)


def works(cloud: Any, token: str) -> bool:
    return cloud.call("GET", "/v3/auth/projects", token).status_code == 200


def change(cloud: Any, path: str, **body: Any) -> None:
    assert cloud.call("PATCH", path, cloud.token(), body).status_code == 200


def test_a_changed_password_ends_all_tokens_of_the_user(cloud, member):
    path = f"/v3/users/{member['user']['id']}/password"
    old, admin = cloud.token("ann", "first", "work"), cloud.token()
    unscoped = cloud.issue("ann", "first", "unscoped").headers["X-Subject-Token"]
    assert works(cloud, old) and works(cloud, unscoped)

    body = {"user": {"original_password": "first", "password": "second"}}
    assert cloud.call("POST", path, body=body).status_code == 204

    assert not works(cloud, old) and not works(cloud, unscoped)
    assert works(cloud, admin)
    assert cloud.issue("ann", "first").status_code == 401
    assert works(cloud, cloud.token("ann", "second", "work"))


def test_a_login_with_the_old_password_is_worth_nothing_when_it_is_changed_meanwhile(cloud, member):
    admin = cloud.token()

    def set_password() -> None:
        cloud.clock.advance(0.001)
        path, body = f"/v3/users/{member['user']['id']}", {"user": {"password": "second"}}
        assert cloud.call("PATCH", path, admin, body).status_code == 200
        cloud.clock.advance(0.001)

    cloud.identity.passwords = Interrupted(cloud.identity.passwords, set_password)
    assert not works(cloud, cloud.token("ann", "first", "work"))


def test_a_token_is_worth_nothing_when_the_one_it_is_made_from_is_revoked_meanwhile(cloud):
    first = cloud.issue("demo", "demo-secret", "unscoped").headers["X-Subject-Token"]

    def revoke() -> None:
        cloud.clock.advance(0.001)
        assert cloud.call("DELETE", "/v3/auth/tokens", first, X_Subject_Token=first).status_code == 204
        cloud.clock.advance(0.001)

    cloud.identity.passwords = Interrupted(cloud.identity.passwords, revoke)
    user = {"name": "demo", "domain": {"id": "default"}, "password": "demo-secret"}
    proof = {"methods": ["token", "password"], "token": {"id": first}, "password": {"user": user}}
    answer = cloud.call("POST", "/v3/auth/tokens", body={"auth": {"identity": proof}})
    assert not works(cloud, answer.headers["X-Subject-Token"])


def test_a_token_that_was_made_from_another_ends_alone(cloud):
    def made_from(token: str) -> str:
        auth = {"identity": {"methods": ["token"], "token": {"id": token}}}
        return cloud.call("POST", "/v3/auth/tokens", body={"auth": auth}).headers["X-Subject-Token"]

    first = cloud.issue("demo", "demo-secret", "unscoped").headers["X-Subject-Token"]
    second = made_from(first)
    third = made_from(second)
    for ended, left in ((second, [True, False, True]), (first, [False, False, False])):
        assert cloud.call("DELETE", "/v3/auth/tokens", cloud.token(), X_Subject_Token=ended).status_code == 204
        assert [works(cloud, token) for token in (first, second, third)] == left


def test_a_login_counts_after_a_changed_password_though_the_clock_was_set_back(cloud, member):
    change(cloud, f"/v3/users/{member['user']['id']}", user={"password": "second"})
    cloud.clock.advance(-1800)
    token = cloud.token("ann", "second", "work")
    assert works(cloud, token)
    auth = {"identity": {"methods": ["token"], "token": {"id": token}}}
    assert works(cloud, cloud.call("POST", "/v3/auth/tokens", body={"auth": auth}).headers["X-Subject-Token"])


def test_a_wrong_original_password_changes_nothing(cloud, member):
    token = cloud.token("ann", "first", "work")
    path = f"/v3/users/{member['user']['id']}/password"
    body = {"user": {"original_password": "wrong", "password": "second"}}
    assert cloud.call("POST", path, token, body).status_code == 401
    assert works(cloud, token)


def test_an_administrator_who_sets_a_password_ends_the_users_tokens(cloud, member):
    token = cloud.token("ann", "first", "work")
    change(cloud, f"/v3/users/{member['user']['id']}", user={"password": "second"})
    assert not works(cloud, token)


def test_tokens_of_a_disabled_user_stay_ended_when_the_user_is_enabled_again(cloud, member):
    token, path = cloud.token("ann", "first", "work"), f"/v3/users/{member['user']['id']}"
    change(cloud, path, user={"enabled": False})
    assert not works(cloud, token)
    assert cloud.issue("ann", "first").status_code == 401
    cloud.clock.advance(1)
    change(cloud, path, user={"enabled": True})
    assert not works(cloud, token)
    assert works(cloud, cloud.token("ann", "first", "work"))


def test_tokens_for_a_disabled_project_stay_ended_when_it_is_enabled_again(cloud, member):
    token, path = cloud.token("ann", "first", "work"), f"/v3/projects/{member['project']['id']}"
    unscoped = cloud.issue("ann", "first", "unscoped").headers["X-Subject-Token"]
    change(cloud, path, project={"enabled": False})
    assert not works(cloud, token) and works(cloud, unscoped)
    cloud.clock.advance(1)
    change(cloud, path, project={"enabled": True})
    assert not works(cloud, token)


def test_a_role_that_is_taken_away_is_gone_from_tokens_at_once(cloud, member):
    token = cloud.token("ann", "first", "work")
    assert works(cloud, token)
    assert cloud.call("DELETE", member["place"], cloud.token()).status_code == 204
    assert not works(cloud, token)


def test_a_role_that_is_given_counts_in_tokens_at_once(cloud, member):
    token = cloud.token("ann", "first", "work")
    assert cloud.call("GET", "/v3/users", token).status_code == 403
    role = cloud.find("roles", "admin")
    place = member["place"].rpartition("/")[0] + "/" + role["id"]
    assert cloud.call("PUT", place, cloud.token()).status_code == 204
    assert cloud.call("GET", "/v3/users", token).status_code == 200


def test_tokens_of_a_deleted_user_or_project_are_worth_nothing(cloud, member):
    first = cloud.token("ann", "first", "work")
    assert cloud.call("DELETE", f"/v3/projects/{member['project']['id']}", cloud.token()).status_code == 204
    unscoped = cloud.issue("ann", "first", "unscoped").headers["X-Subject-Token"]
    assert not works(cloud, first) and works(cloud, unscoped)
    assert cloud.call("DELETE", f"/v3/users/{member['user']['id']}", cloud.token()).status_code == 204
    assert not works(cloud, unscoped)


def test_tokens_of_the_users_of_a_disabled_domain_end(cloud):
    domain = cloud.make("domain", name="elsewhere")
    cloud.make("user", name="bob", password="bobs", domain_id=domain["id"])
    named = {"name": "bob", "domain": {"name": "elsewhere"}, "password": "bobs"}
    auth = {"identity": {"methods": ["password"], "password": {"user": named}}}
    token = cloud.call("POST", "/v3/auth/tokens", body={"auth": auth}).headers["X-Subject-Token"]
    assert works(cloud, token)
    change(cloud, f"/v3/domains/{domain['id']}", domain={"enabled": False})
    assert not works(cloud, token)
    assert cloud.call("POST", "/v3/auth/tokens", body={"auth": auth}).status_code == 401


def test_revocations_are_listed_and_forgotten_when_no_token_can_match(cloud):
    token = cloud.token("demo")
    assert cloud.call("DELETE", "/v3/auth/tokens", token, X_Subject_Token=token).status_code == 204
    events = cloud.call("GET", "/v3/OS-REVOKE/events", cloud.token()).json["events"]
    assert sorted(sorted(event) for event in events) == [
        ["audit_chain_id", "issued_before", "revoked_at"],
        ["audit_id", "issued_before", "revoked_at"],
    ]
    cloud.clock.advance(3601)
    [loop] = cloud.system.services[0].upkeep
    assert loop.one_pass(cloud.context()) == "2 revocations forgotten"
    assert cloud.call("GET", "/v3/OS-REVOKE/events", cloud.token()).json["events"] == []


def test_a_shorter_lifetime_does_not_bring_revoked_tokens_back(cloud):
    ctx = cloud.context()
    ctx.transact("revoke", lambda tx: revocations.revoke(tx, ctx, user_id="ann"))
    assert revocations.prune(ctx, timedelta(hours=24)) == "0 revocations forgotten"
    cloud.clock.advance(7200)
    assert revocations.prune(cloud.context(), timedelta(hours=1)) == "0 revocations forgotten"
    cloud.clock.advance(23 * 3600)
    assert revocations.prune(cloud.context(), timedelta(hours=1)) == "1 revocations forgotten"
