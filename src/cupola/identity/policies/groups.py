"""Policies of groups and their members."""

from cupola.base.policy import Rule
from cupola.identity.policies.checks import ADMIN, ANY, READER, of_domain

GET = "identity:get_group"
LIST = "identity:list_groups"
CREATE = "identity:create_group"
UPDATE = "identity:update_group"
DELETE = "identity:delete_group"
LIST_USERS = "identity:list_users_in_group"
ADD_USER = "identity:add_user_to_group"
CHECK_USER = "identity:check_user_in_group"
REMOVE_USER = "identity:remove_user_from_group"

_READER = f"{READER} or {of_domain('reader', 'group.domain_id')}"
_MANAGER = f"{ADMIN} or {of_domain('manager', 'group.domain_id')}"
_BOTH = "domain_id:%(target.group.domain_id)s and domain_id:%(target.user.domain_id)s"
_PATH = "/v3/groups/{group_id}"
_USERS = f"{_PATH}/users"
_USER = f"{_USERS}/{{user_id}}"

RULES = (
    Rule(GET, _READER, "Show a group.", (("GET", _PATH), ("HEAD", _PATH)), ANY),
    Rule(LIST, _READER, "List groups.", (("GET", "/v3/groups"), ("HEAD", "/v3/groups")), ANY),
    Rule(CREATE, _MANAGER, "Create a group.", (("POST", "/v3/groups"),), ANY),
    Rule(UPDATE, _MANAGER, "Change a group.", (("PATCH", _PATH),), ANY),
    Rule(DELETE, _MANAGER, "Delete a group.", (("DELETE", _PATH),), ANY),
    Rule(LIST_USERS, _READER, "List the members of a group.", (("GET", _USERS), ("HEAD", _USERS)), ANY),
    Rule(
        CHECK_USER,
        f"{READER} or (role:reader and {_BOTH})",
        "Learn whether a user is a member of a group.",
        (("HEAD", _USER), ("GET", _USER)),
        ANY,
    ),
    Rule(ADD_USER, f"{ADMIN} or (role:manager and {_BOTH})", "Add a user to a group.", (("PUT", _USER),), ANY),
    Rule(
        REMOVE_USER,
        f"{ADMIN} or (role:manager and {_BOTH})",
        "Remove a user from a group.",
        (("DELETE", _USER),),
        ANY,
    ),
)
