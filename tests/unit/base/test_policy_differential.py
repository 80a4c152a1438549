"""The engine answers as oslo.policy does, for generated rules, callers and targets.

The seed is the round's number: a failure names it together with rules, caller and target.
"""

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
from oslo_config import cfg
from oslo_policy import policy as oslo

from cupola.base.policy import Enforcer, Rule, base_rules
from cupola.testing.cloud import TestCloud

ROUNDS, QUESTIONS = 100, 20
VALUES = ["p1", "p2", "", "member", "True", "None", "1"]
ROLES = ["admin", "Member", "reader", "member", "service"]
CHECKS = [
    *("@", "!", "role:admin", "role:MEMBER", "role:%(role)s", "role:%(absent)s", "is_admin:True", "system_scope:all"),
    *("user_id:%(user_id)s", "project_id:%(project_id)s", "project_id:%(target.project.id)s", "project_id:p1"),
    *("domain_id:%(absent)s", "token.project.domain.id:%(domain_id)s", "token.groups.id:%(group)s", "roles:reader"),
    *("'public':%(visibility)s", '"public":%(visibility)s', "True:%(shared)s", "1:%(size)s", "None:%(project_id)s"),
    *("project_id:p%(size)s", "user_id:100%%", "user_name:%(role)s-%(size)s", "token.absent.id:%(project_id)s"),
]

FIELD = re.compile(r"field:\w+:(\w+)=(\w+)")


def text(chance: random.Random, names: list[str], depth: int) -> str:
    """A check in the policy language, with more parentheses and odder letter case than anybody writes."""
    kind = chance.choice(["and", "or", "AND", "Or", "not", "( )", "check", "rule"] if depth else ["check", "rule"])
    if kind == "check" or (kind == "rule" and not names):
        return chance.choice(CHECKS)
    if kind == "rule":
        return f"rule:{chance.choice(names)}"
    if kind == "not":
        inner = text(chance, names, depth - 1)
        return f"not {inner}" if " " not in inner else f"not ({inner})"
    if kind == "( )":
        return f"({text(chance, names, depth - 1)} )"
    return f" {kind} ".join(text(chance, names, depth - 1) for _ in range(chance.randint(2, 3)))


def lists(chance: random.Random) -> list[str | list[str]]:
    inner = [chance.sample(CHECKS, chance.randint(0, 3)) for _ in range(chance.randint(0, 3))]
    return [chance.choice(CHECKS), *inner] if chance.random() < 0.3 else [*inner]


def rules(chance: random.Random) -> list[Rule]:
    made: list[Rule] = []
    for number in range(8):
        names = [rule.name for rule in made]
        check = lists(chance) if chance.random() < 0.15 else chance.choice(["", text(chance, names, 3)])
        scopes = chance.sample(["project", "domain", "system"], chance.randint(0, 3))
        made.append(Rule(f"r{number}", check, "", scope_types=tuple(scopes)))
    return made


def caller(chance: random.Random) -> dict[str, object]:
    domain = {"id": chance.choice(VALUES)}
    facts: dict[str, object] = {
        "user_id": chance.choice([*VALUES, "100%"]),
        "user_name": chance.choice(["member-1", "x"]),
        "project_id": chance.choice([*VALUES, None]),
        "domain_id": chance.choice([None, None, "d1"]),
        "system_scope": chance.choice([None, None, "all"]),
        "is_admin": chance.random() < 0.3,
        "roles": chance.sample(ROLES, chance.randint(0, 3)),
        "token": {"project": {"domain": domain}, "groups": [{"id": v} for v in chance.sample(VALUES, 2)]},
    }
    return {name: fact for name, fact in facts.items() if chance.random() < 0.9}


def target(chance: random.Random) -> dict[str, object]:
    facts: dict[str, object] = {
        "user_id": chance.choice(VALUES),
        "project_id": chance.choice([*VALUES, None]),
        "target.project.id": chance.choice(VALUES),
        "domain_id": chance.choice(VALUES),
        "group": chance.choice(VALUES),
        "role": chance.choice(ROLES),
        "visibility": chance.choice(["public", "private"]),
        "shared": chance.choice([True, False, "True"]),
        "size": chance.choice([1, 2, "1"]),
    }
    return {name: fact for name, fact in facts.items() if chance.random() < 0.8}


def reference(ours: list[Rule]) -> oslo.Enforcer:
    enforcer = oslo.Enforcer(cfg.ConfigOpts(), use_conf=False)
    enforcer.set_rules(oslo.Rules.from_dict({rule.name: rule.check for rule in ours}), use_conf=False)
    for rule in ours:
        default = oslo.RuleDefault(rule.name, "@", scope_types=list(rule.scope_types) or None)
        enforcer.registered_rules[rule.name] = default
    return enforcer


def answered_alike(ours: list[Rule], chance: random.Random, questions: int) -> tuple[int, int]:
    """Ask both engines; returns how many questions there were and how many were allowed."""
    here, there = Enforcer(ours), reference(ours)
    allowed = 0
    for _ in range(questions):
        rule, credentials, thing = chance.choice(ours), caller(chance), target(chance)
        answer = here.allows(rule.name, credentials, thing)
        assert answer is bool(there.enforce(rule.name, thing, dict(credentials))), (rule, credentials, thing)
        allowed += answer
    return questions, allowed


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_generated_rules_mean_what_oslo_policy_says(seed: int) -> None:
    chance = random.Random(seed)
    answered_alike(rules(chance), chance, QUESTIONS)


def test_the_cases_tell_yes_from_no() -> None:
    counts = [answered_alike(rules(chance), chance, QUESTIONS) for chance in map(random.Random, range(ROUNDS))]
    asked, allowed = map(sum, zip(*counts, strict=True))
    assert 0.1 < allowed / asked < 0.9


def test_the_rules_of_all_services_mean_what_oslo_policy_says(tmp_path: Path) -> None:
    """But for `field`, a kind of check of the network service's, which says the same as what is put here for it."""
    services = TestCloud(tmp_path).system.services
    shipped = [*base_rules(), *(rule for service in services for rule in service.policies)]
    ours = [replace(rule, check=FIELD.sub(r"\2:%(\1)s", str(rule.check))) for rule in shipped]
    asked, allowed = answered_alike(ours, random.Random(0), 10 * len(ours))
    assert 0.05 < allowed / asked < 0.95
