"""A set of rules: references, scopes, the operator's file."""

from pathlib import Path

import pytest

from cupola.base.policy import Enforcer, PolicyError, Rule, base_rules, load_overrides

ADMIN = {"roles": ["admin", "manager", "member", "reader"], "project_id": "ops"}
MEMBER = {"roles": ["member", "reader"], "project_id": "p1"}
READER = {"roles": ["reader"], "project_id": "p1"}
SERVICE = {"roles": ["service"], "project_id": "services"}

SHOW = Rule("things:show", "rule:project_reader_or_admin", "Show a thing.", (("GET", "/things/{id}"),))
DELETE = Rule("things:delete", "rule:project_member_or_admin", "Delete a thing.", (("DELETE", "/things/{id}"),))
RULES = (*base_rules(), SHOW, DELETE)


def policy_file(directory: Path, text: str) -> Path:
    path = directory / "policy.yaml"
    path.write_text(text)
    return path


def who(enforcer: Enforcer, rule: str, project: str = "p1") -> set[str]:
    callers = {"admin": ADMIN, "member": MEMBER, "reader": READER, "service": SERVICE}
    return {name for name, caller in callers.items() if enforcer.allows(rule, caller, {"project_id": project})}


def test_defaults_tell_readers_members_and_administrators_apart() -> None:
    enforcer = Enforcer(RULES)
    assert who(enforcer, "things:show") == {"admin", "member", "reader"}
    assert who(enforcer, "things:delete") == {"admin", "member"}
    assert who(enforcer, "things:delete", project="p2") == {"admin"}
    assert who(enforcer, "service_or_admin") == {"admin", "service"}
    assert who(enforcer, "admin_required") == {"admin"}


def test_the_scope_of_the_token_must_be_one_of_the_rule() -> None:
    anyone = [Rule("project", "@", ""), Rule("system", "@", "", (), ("system", "domain")), Rule("all", "@", "", (), ())]
    enforcer = Enforcer(anyone)
    scopes = {"project": {"project_id": "p"}, "domain": {"domain_id": "d"}, "system": {"system_scope": "all"}}
    allowed = {
        rule.name: {scope for scope, c in scopes.items() if enforcer.allows(rule.name, c, {})} for rule in anyone
    }
    assert allowed == {"project": {"project"}, "system": {"system", "domain"}, "all": {"project", "domain", "system"}}


def test_a_rule_nobody_defined_is_a_fault_of_the_program() -> None:
    with pytest.raises(LookupError, match='"things:hide"'):
        Enforcer(RULES).allows("things:hide", ADMIN, {})


def test_the_operators_file_replaces_defaults_also_beneath_other_rules(tmp_path: Path) -> None:
    path = policy_file(tmp_path, '"things:show": "!"\ncontext_is_admin: [["role:admin", "project_id:other"]]\n')
    enforcer = Enforcer(RULES, load_overrides(path))
    assert who(enforcer, "things:show") == set()
    assert who(enforcer, "things:delete") == {"member"}
    assert enforcer.rules["things:show"].operations == SHOW.operations


def test_the_file_may_define_a_rule_of_its_own_that_it_uses(tmp_path: Path) -> None:
    path = policy_file(tmp_path, 'operator: "role:service"\n"things:show": "rule:operator"\n')
    assert who(Enforcer(RULES, load_overrides(path)), "things:show") == {"service"}


@pytest.mark.parametrize("text", [None, "", "# nothing\n", "{}"])
def test_no_file_or_an_empty_one_overrides_nothing(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "policy.yaml" if text is None else policy_file(tmp_path, text)
    assert load_overrides(path) == {}


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ('"things:sohw": "@"', '"things:sohw" in .*policy.yaml: no such rule; near to it: things:show'),
        ('"things:show": "rule:readr"', '"things:show" in .*policy.yaml: it refers to "readr", which is not defined'),
        ('"things:show": "http://x"', '"things:show" in .*policy.yaml: unknown kind of check "http"'),
        ("admin_only: rule:admin_api\nadmin_api: rule:admin_only", "refers to itself: admin_api -> admin_only -> adm"),
        ('"things:show": ', "the check is None; write a text"),
        ("- a list", "not a mapping of rule names"),
        ('"things:show": "@', "the file cannot be read"),
    ],
)
def test_a_file_with_a_fault_stops_the_start(tmp_path: Path, text: str, cause: str) -> None:
    with pytest.raises(PolicyError, match=cause):
        Enforcer(RULES, load_overrides(policy_file(tmp_path, text)))


def test_a_name_has_one_meaning() -> None:
    with pytest.raises(PolicyError, match="defined twice, differently"):
        Enforcer([*RULES, Rule("admin_or_owner", "user_id:%(user_id)s", "")])
    Enforcer(
        [*base_rules(without=["admin_or_owner"]), Rule("admin_or_owner", "user_id:%(user_id)s", ""), *base_rules()[:1]]
    )
