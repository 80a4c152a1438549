"""The rule language: what each form allows and refuses."""

from collections.abc import Mapping

import pytest

from cupola.base.policy import CheckSource, Enforcer, PolicyError, Rule

MEMBER = {"user_id": "u1", "project_id": "p1", "roles": ["member", "reader"], "is_admin": False, "system_scope": None}


def decide(
    check: CheckSource, target: Mapping[str, object] | None = None, credentials: Mapping[str, object] = MEMBER
) -> bool:
    rules = [Rule("asked", check, "", scope_types=()), Rule("other", "role:member", "", scope_types=())]
    return Enforcer(rules).allows("asked", credentials, target or {})


@pytest.mark.parametrize("check", ["", "@", [], [["@"]], "role:MEMBER", "rule:other", "not !", "not not @"])
def test_allows(check: CheckSource) -> None:
    assert decide(check)


@pytest.mark.parametrize("check", ["!", [[]], "role:admin", "not rule:other", "role:member and !", "not (@ or !)"])
def test_denies(check: CheckSource) -> None:
    assert not decide(check)


def test_not_binds_tighter_than_and_and_and_tighter_than_or() -> None:
    assert decide("@ or ! and !")
    assert decide("! and ! or @")
    assert not decide("(@ or !) and !")
    assert not decide("not ! and !")
    assert decide("NOT ! AND (@ Or !)")


def test_a_list_of_lists_is_an_or_of_ands() -> None:
    assert decide([["role:admin"], ["role:member", "user_id:u1"]])
    assert not decide([["role:admin"], ["role:member", "user_id:u2"]])
    assert decide(["role:admin", "role:member"])


def test_a_credential_is_compared_with_an_attribute_of_the_target() -> None:
    assert decide("project_id:%(project_id)s", {"project_id": "p1"})
    assert not decide("project_id:%(project_id)s", {"project_id": "p2"})
    assert decide("project_id:p%(number)s", {"number": 1})


def test_what_target_or_caller_do_not_have_matches_nothing() -> None:
    assert not decide("project_id:%(project_id)s")
    assert not decide("domain_id:%(domain_id)s")
    assert not decide("role:%(role)s")
    assert not decide("role:member", credentials={})


def test_dotted_names_reach_into_target_and_token() -> None:
    credentials = {"token": {"project": {"domain": {"id": "d1"}}, "groups": [{"id": "g1"}, {"id": "g2"}], "none": None}}
    for target in ({"target": {"domain": {"id": "d1"}}}, {"target.domain.id": "d1"}):
        assert decide("token.project.domain.id:%(target.domain.id)s", target, credentials)
    assert decide("token.groups.id:g2", {}, credentials)
    assert not decide("token.groups.id:g3", {}, credentials)
    assert not decide("token.none.id:g3", {}, credentials)


def test_literals_on_the_left() -> None:
    assert decide("'public':%(visibility)s", {"visibility": "public"})
    assert decide("True:%(shared)s", {"shared": True})
    assert decide("7:%(size)s", {"size": 7})
    assert not decide("'public':%(visibility)s", {"visibility": "private"})


def test_is_admin_and_system_scope() -> None:
    assert decide("is_admin:True", credentials={"is_admin": True})
    assert not decide("is_admin:True")
    assert decide("system_scope:all", credentials={"system_scope": "all"})
    assert not decide("system_scope:all")


def test_a_field_of_the_target_itself() -> None:
    assert decide("field:networks:shared=True", {"shared": True})
    assert not decide("field:networks:shared=True", {"shared": False})
    assert not decide("field:networks:shared=True")
    assert decide("field:port:device_owner=~^network:", {"device_owner": "network:dhcp"})


@pytest.mark.parametrize(
    ("check", "cause"),
    [
        ("role:a and", "the text ends"),
        ("(role:a", r'"\)" is missing'),
        ("role:a)", r'unexpected "\)"'),
        ("role:a role:b", 'unexpected "role:b" after "role:a"'),
        ("and role:a", "and stands where"),
        ("'text'", "'text' stands where"),
        ("member", "not a check of the form"),
        ("   ", "the text ends"),
        ("http://decide.example/%(id)s", 'unknown kind of check "http"'),
        ("projct_id:%(project_id)s", "near to it: project_id"),
        ("project_id:%(project_id)d", "must be part of"),
        ("field:networks", "not of the form field:"),
        (None, 'write a text \\(""'),
        ([["role:a", 3]], "neither a text nor a list of texts"),
    ],
)
def test_what_cannot_be_understood_stops_the_start(check: CheckSource, cause: str) -> None:
    with pytest.raises(PolicyError, match=f'"asked" in the defaults: .*{cause}'):
        decide(check)
