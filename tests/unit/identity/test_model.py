"""Roles and what they imply, URLs of the catalog, callers that are remembered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cupola.base.context import Caller
from cupola.identity.logic.catalog import filled
from cupola.identity.logic.identity import Callers
from cupola.identity.model.domain import Domain
from cupola.identity.model.project import Project
from cupola.identity.model.role import Role, RoleGraph
from cupola.identity.model.scope import UNSCOPED, Scope
from cupola.identity.model.token import Holding
from cupola.identity.model.user import User

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def graph(**implied: tuple[str, ...]) -> RoleGraph:
    names = set(implied) | {name for names in implied.values() for name in names}
    return RoleGraph({name: Role(name, name) for name in names}, implied)


def test_roles_bring_all_they_imply_once():
    roles = graph(admin=("member", "auditor"), member=("reader",), auditor=("reader",))
    assert [role.id for role in roles.expanded(["admin"])] == ["admin", "member", "auditor", "reader"]


def test_a_circle_of_roles_ends():
    assert [role.id for role in graph(a=("b",), b=("a",)).expanded(["a"])] == ["a", "b"]


def test_a_role_that_is_gone_counts_for_nothing():
    assert graph(a=("b",)).expanded(["nothing"]) == []


@pytest.mark.parametrize(
    ("url", "made"),
    [
        ("http://x", "http://x"),
        ("http://x/$(project_id)s", "http://x/p"),
        ("http://x/%(project_id)s/%(user_id)s", "http://x/p/u"),
        ("http://x/$(tenant_id)s", None),
    ],
)
def test_urls_are_filled_in_or_left_out(url, made):
    assert filled(url, {"project_id": "p", "user_id": "u"}) == made


def test_a_caller_is_remembered_for_an_epoch_and_no_longer_than_the_token_lives():
    callers, ann = Callers(2), Caller(user_id="ann")
    callers.keep("token", ann, 7, NOW + HOUR)
    assert callers.find("token", 7, NOW) == ann
    assert callers.find("token", 8, NOW) is None
    assert callers.find("token", 7, NOW + HOUR) is None
    assert callers.find("other", 7, NOW) is None


def test_the_caller_not_seen_for_longest_is_forgotten_first():
    callers = Callers(2)
    for token in ("a", "b"):
        callers.keep(token, Caller(user_id=token), 1, NOW + HOUR)
    callers.find("a", 1, NOW)
    callers.keep("c", Caller(user_id="c"), 1, NOW + HOUR)
    assert [token for token in "abc" if callers.find(token, 1, NOW)] == ["a", "c"]


HOME, USER = Domain("d", "D"), User("u", "d", "ann")
PROJECT, MEMBER = Project("p", "d", "d", "work"), Role("m", "Member")
AT = Scope(project_id="p")


@pytest.mark.parametrize(
    ("holding", "usable"),
    [
        (Holding(USER, HOME, AT, PROJECT, HOME, (MEMBER,)), True),
        (Holding(USER, HOME, UNSCOPED), True),
        (Holding(USER, HOME, Scope(system=True), roles=(MEMBER,)), True),
        (Holding(USER, HOME, AT, PROJECT, HOME), False),
        (Holding(USER, HOME, AT), False),
        (Holding(USER, HOME, Scope(domain_id="x"), roles=(MEMBER,)), False),
        (Holding(User("u", "d", "ann", enabled=False), HOME, UNSCOPED), False),
        (Holding(USER, Domain("d", "D", enabled=False), UNSCOPED), False),
        (Holding(USER, HOME, AT, Project("p", "d", "d", "work", enabled=False), HOME, (MEMBER,)), False),
        (Holding(USER, HOME, AT, PROJECT, Domain("d", "D", enabled=False), (MEMBER,)), False),
    ],
)
def test_a_token_is_worth_something_while_all_it_names_is_enabled_and_a_role_is_held(holding, usable):
    assert holding.usable is usable


def test_the_caller_has_role_names_in_lower_case():
    assert Holding(USER, HOME, AT, PROJECT, HOME, (MEMBER,)).caller().roles == ("member",)
