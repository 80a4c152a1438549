"""Policies of roles given to users and groups."""

from cupola.base.policy import Rule
from cupola.identity.policies.checks import ADMIN, ANY, READER, SYSTEM, of_home
from cupola.identity.policies.roles import MANAGED

CHECK = "identity:check_grant"
LIST = "identity:list_grants"
CREATE = "identity:create_grant"
REVOKE = "identity:revoke_grant"
LIST_ASSIGNMENTS = "identity:list_role_assignments"
LIST_ASSIGNMENTS_OF_TREE = "identity:list_role_assignments_for_tree"


def of_system(verb: str, actor: str) -> str:
    """The rule for grants on the system: `verb` is list, check, create or revoke; `actor` is user or group."""
    return f"identity:{verb}_system_{'grants' if verb == 'list' else 'grant'}_for_{actor}"


def _within(role: str) -> str:
    """A role in the domain that both who gets a role and where belong to."""
    return " or ".join(
        f"(role:{role} and domain_id:%(target.{actor}.domain_id)s and domain_id:%(target.{place})s)"
        for actor in ("user", "group")
        for place in ("project.domain_id", "domain.id")
    )


_ROLE_WITHIN = "(domain_id:%(target.role.domain_id)s or None:%(target.role.domain_id)s)"
_GIVE = f"{ADMIN} or (({_within('admin')}) and {_ROLE_WITHIN}) or (({_within('manager')}) and {MANAGED})"
_ROLES = tuple(
    f"/v3/{prefix}{target}/{actor}/roles"
    for prefix in ("", "OS-INHERIT/")
    for target in ("projects/{project_id}", "domains/{domain_id}")
    for actor in ("users/{user_id}", "groups/{group_id}")
)


def _each(*methods: str) -> tuple[tuple[str, str], ...]:
    """A method on one role at every place where roles are given."""
    suffix = {True: "/inherited_to_projects", False: ""}
    return tuple((m, f"{path}/{{role_id}}{suffix['OS-INHERIT' in path]}") for path in _ROLES for m in methods)


def _system_rules(actor: str) -> tuple[Rule, ...]:
    path = f"/v3/system/{actor}s/{{{actor}_id}}/roles"
    one = f"{path}/{{role_id}}"
    return (
        Rule(of_system("list", actor), READER, f"List the roles of a {actor} on the system.", (("GET", path),), SYSTEM),
        Rule(
            of_system("check", actor),
            READER,
            f"Learn whether a {actor} has a role on the system.",
            (("HEAD", one), ("GET", one)),
            SYSTEM,
        ),
        Rule(of_system("create", actor), ADMIN, f"Give a {actor} a role on the system.", (("PUT", one),), SYSTEM),
        Rule(
            of_system("revoke", actor), ADMIN, f"Take a role on the system from a {actor}.", (("DELETE", one),), SYSTEM
        ),
    )


RULES = (
    Rule(
        CHECK,
        f"{ADMIN} or (((role:reader and system_scope:all) or {_within('reader')}) and {_ROLE_WITHIN})",
        "Learn whether somebody has a role.",
        _each("HEAD", "GET"),
        ANY,
    ),
    Rule(
        LIST, f"{READER} or {_within('reader')}", "List the roles of somebody.", tuple(("GET", p) for p in _ROLES), ANY
    ),
    Rule(CREATE, _GIVE, "Give a role.", _each("PUT"), ANY),
    Rule(REVOKE, _GIVE, "Take a role away.", _each("DELETE"), ANY),
    *_system_rules("user"),
    *_system_rules("group"),
    Rule(
        LIST_ASSIGNMENTS,
        f"{READER} or {of_home('reader', 'domain_id')}",
        "List who has which role where.",
        (("GET", "/v3/role_assignments"), ("HEAD", "/v3/role_assignments")),
        ANY,
    ),
    Rule(
        LIST_ASSIGNMENTS_OF_TREE,
        f"{READER} or {of_home('reader', 'domain_id')}",
        "List who has which role in a project and those below it.",
        (("GET", "/v3/role_assignments?include_subtree"),),
        ANY,
    ),
)
