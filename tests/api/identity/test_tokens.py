"""Tokens: issued for a proof, shown to who may ask, refused when expired, altered or revoked."""

from __future__ import annotations

from typing import Any

import pytest

from cupola.identity import interface

PROJECT = {"project": {"name": "demo", "domain": {"name": "Default"}}}


def use(cloud: Any, token: str) -> int:
    """The status of a request that any valid token may make."""
    return cloud.call("GET", "/v3/auth/tokens", token, X_Subject_Token=token).status_code


def test_a_password_gives_a_token_for_a_project(cloud):
    answer = cloud.issue("demo", "demo-secret", PROJECT)
    assert answer.status_code == 201
    token = answer.json["token"]
    assert token["methods"] == ["password"]
    assert token["user"]["name"] == "demo"
    assert token["user"]["domain"] == {"id": "default", "name": "Default"}
    assert token["project"]["name"] == "demo"
    assert token["is_domain"] is False
    assert [role["name"] for role in token["roles"]] == ["member", "reader"]
    assert token["issued_at"] == "2026-01-01T00:00:01.000000Z"
    assert token["expires_at"] == "2026-01-01T01:00:01.000000Z"
    assert len(token["audit_ids"]) == 1
    assert {service["type"] for service in token["catalog"]} == {"identity", "image", "placement", "compute", "network"}


def test_the_catalog_leads_to_the_public_url(cloud):
    catalog = cloud.issue("demo", "demo-secret", PROJECT).json["token"]["catalog"]
    compute = next(service for service in catalog if service["type"] == "compute")
    assert {endpoint["interface"]: endpoint["url"] for endpoint in compute["endpoints"]} == {
        "public": "http://cloud/compute/v2.1",
        "internal": "http://cloud/compute/v2.1",
        "admin": "http://cloud/compute/v2.1",
    }


def test_the_catalog_follows_a_changed_public_url_and_bootstrap_changes_nothing_else(cloud):
    token = cloud.token("demo")
    before = cloud.issue("demo", "demo-secret", PROJECT).json["token"]
    cloud.bootstrap("https://cloud.example.org/")
    after = cloud.issue("demo", "demo-secret", PROJECT).json["token"]
    assert {e["url"] for s in after["catalog"] for e in s["endpoints"] if s["type"] == "image"} == {
        "https://cloud.example.org/image"
    }
    assert [service["id"] for service in after["catalog"]] == [service["id"] for service in before["catalog"]]
    assert after["user"] == before["user"] and after["roles"] == before["roles"]
    assert use(cloud, token) == 200


def test_nocatalog_leaves_the_catalog_out(cloud):
    assert "catalog" not in cloud.issue("demo", "demo-secret", PROJECT, "?nocatalog").json["token"]


def test_a_token_may_be_unscoped(cloud):
    token = cloud.issue("demo", "demo-secret", "unscoped").json["token"]
    assert not {"project", "domain", "system", "roles", "catalog"} & set(token)


def test_without_a_scope_and_a_default_project_it_is_unscoped(cloud):
    assert "project" not in cloud.issue("demo", "demo-secret").json["token"]


def test_an_administrator_may_have_a_token_for_the_system(cloud):
    token = cloud.issue("admin", "secret", {"system": {"all": True}}).json["token"]
    assert token["system"] == {"all": True}
    assert {role["name"] for role in token["roles"]} == {"admin", "manager", "member", "reader"}


@pytest.mark.parametrize(
    ("user", "password", "scope"),
    [
        ("demo", "wrong", None),
        ("nobody", "secret", None),
        ("cupola", "", None),
        ("demo", "demo-secret", {"project": {"name": "admin", "domain": {"id": "default"}}}),
        ("demo", "demo-secret", {"project": {"id": "nothing"}}),
        ("demo", "demo-secret", {"project": {"name": "nothing", "domain": {"id": "default"}}}),
        ("demo", "demo-secret", {"domain": {"id": "default"}}),
        ("demo", "demo-secret", {"system": {"all": True}}),
    ],
)
def test_whoever_is_refused_learns_no_cause(cloud, user, password, scope):
    answer = cloud.issue(user, password, scope)
    assert answer.status_code == 401
    assert answer.json["error"] == {
        "code": 401,
        "title": "Unauthorized",
        "message": "The request you have made requires authentication.",
    }
    assert answer.headers["WWW-Authenticate"] == 'Keystone uri="http://cloud/identity"'


@pytest.mark.parametrize(
    ("auth", "lacking"),
    [
        ({"identity": {"methods": ["sorcery"]}}, "sorcery in identity"),
        ({"identity": {"methods": ["password"]}}, "password in identity"),
        (
            {"identity": {"methods": ["password"], "password": {"user": {"name": "a", "password": "b"}}}},
            "domain in user",
        ),
        ({"identity": {"methods": ["password"], "password": {"user": {"password": "b"}}}}, "id or name in user"),
    ],
)
def test_what_is_lacking_is_named(cloud, auth, lacking):
    answer = cloud.call("POST", "/v3/auth/tokens", body={"auth": auth})
    assert answer.status_code == 400
    assert answer.json["error"]["message"].startswith(f"Expecting to find {lacking}.")


def test_a_token_gives_another_that_ends_with_it(cloud):
    first = cloud.issue("demo", "demo-secret", "unscoped")
    cloud.clock.advance(60)
    auth = {
        "identity": {"methods": ["token"], "token": {"id": first.headers["X-Subject-Token"]}},
        "scope": PROJECT,
    }
    second = cloud.call("POST", "/v3/auth/tokens", body={"auth": auth})
    assert second.status_code == 201
    token = second.json["token"]
    assert token["methods"] == ["password", "token"]
    assert token["expires_at"] == first.json["token"]["expires_at"]
    assert token["audit_ids"][1:] == first.json["token"]["audit_ids"]
    assert token["project"]["name"] == "demo"


def test_who_may_ask_about_a_token(cloud):
    admin, demo = cloud.token(), cloud.token("demo")
    assert cloud.call("GET", "/v3/auth/tokens", admin, X_Subject_Token=demo).json["token"]["user"]["name"] == "demo"
    assert cloud.call("HEAD", "/v3/auth/tokens", admin, X_Subject_Token=demo).status_code == 200
    assert use(cloud, demo) == 200
    refused = cloud.call("GET", "/v3/auth/tokens", demo, X_Subject_Token=admin)
    assert refused.status_code == 403
    assert refused.json["error"]["title"] == "Forbidden"


def test_a_subject_that_is_no_token_is_not_found(cloud):
    assert cloud.call("GET", "/v3/auth/tokens", cloud.token()).status_code == 404
    assert cloud.call("GET", "/v3/auth/tokens", cloud.token(), X_Subject_Token="nothing").status_code == 404
    demo, ended = cloud.token("demo"), cloud.token("demo")
    assert cloud.call("DELETE", "/v3/auth/tokens", demo, X_Subject_Token=ended).status_code == 204
    assert cloud.call("GET", "/v3/auth/tokens", demo, X_Subject_Token=ended).status_code == 404
    assert cloud.call("HEAD", "/v3/auth/tokens", demo, X_Subject_Token=ended).status_code == 404
    assert cloud.call("GET", "/v3/auth/tokens", demo).status_code == 403


def test_a_request_without_a_good_token_is_refused(cloud):
    token = cloud.token("demo")
    altered = token[:-5] + ("AAAAA" if token[-5:] != "AAAAA" else "BBBBB")
    for bad in (None, "nonsense", altered, token[:-8]):
        answer = cloud.call("GET", "/v3/auth/tokens", bad, X_Subject_Token=token)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"]


def test_a_token_expires(cloud):
    token = cloud.token("demo")
    cloud.clock.advance(3599)
    assert use(cloud, token) == 200
    cloud.clock.advance(1)
    assert use(cloud, token) == 401


def test_a_revoked_token_ends_with_those_made_from_it_and_no_other(cloud):
    first = cloud.issue("demo", "demo-secret", "unscoped").headers["X-Subject-Token"]
    auth = {"identity": {"methods": ["token"], "token": {"id": first}}, "scope": PROJECT}
    second = cloud.call("POST", "/v3/auth/tokens", body={"auth": auth}).headers["X-Subject-Token"]
    other = cloud.token("demo")
    assert [use(cloud, token) for token in (first, second, other)] == [200, 200, 200]

    assert cloud.call("DELETE", "/v3/auth/tokens", first, X_Subject_Token=first).status_code == 204

    assert [use(cloud, token) for token in (first, second, other)] == [401, 401, 200]


def test_a_token_that_was_seen_costs_one_statement(cloud):
    token = cloud.token("demo")
    interface.authenticate(cloud.identity, cloud.context(), token)
    before = cloud.database.statistics.statements
    assert interface.authenticate(cloud.identity, cloud.context(), token).project_name == "demo"
    assert cloud.database.statistics.statements - before <= 2  # BEGIN, and the epoch
