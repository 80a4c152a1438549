"""Policies of users."""

from cupola.base.policy import Rule
from cupola.identity.policies.checks import ADMIN, ANY, READER

GET = "identity:get_user"
LIST = "identity:list_users"
CREATE = "identity:create_user"
UPDATE = "identity:update_user"
DELETE = "identity:delete_user"
LIST_PROJECTS = "identity:list_user_projects"
LIST_GROUPS = "identity:list_groups_for_user"

_SELF = "user_id:%(target.user.id)s"
_MANAGER = f"{ADMIN} or (role:manager and token.domain.id:%(target.user.domain_id)s)"
_PATH = "/v3/users/{user_id}"

RULES = (
    Rule(
        GET,
        f"{READER} or (role:reader and token.domain.id:%(target.user.domain_id)s) or {_SELF}",
        "Show a user.",
        (("GET", _PATH), ("HEAD", _PATH)),
        ANY,
    ),
    Rule(
        LIST,
        f"{READER} or (role:reader and domain_id:%(target.domain_id)s)",
        "List users.",
        (("GET", "/v3/users"), ("HEAD", "/v3/users")),
        ANY,
    ),
    Rule(CREATE, _MANAGER, "Create a user.", (("POST", "/v3/users"),), ANY),
    Rule(UPDATE, _MANAGER, "Change a user, or set the password.", (("PATCH", _PATH),), ANY),
    Rule(DELETE, _MANAGER, "Delete a user.", (("DELETE", _PATH),), ANY),
    Rule(
        LIST_PROJECTS,
        f"{READER} or (role:reader and domain_id:%(target.user.domain_id)s) or {_SELF}",
        "List the projects in which a user holds a role.",
        (("GET", f"{_PATH}/projects"),),
        ANY,
    ),
    Rule(
        LIST_GROUPS,
        f"{READER} or (role:reader and domain_id:%(target.user.domain_id)s) or user_id:%(user_id)s",
        "List the groups of a user.",
        (("GET", f"{_PATH}/groups"), ("HEAD", f"{_PATH}/groups")),
        ANY,
    ),
)
