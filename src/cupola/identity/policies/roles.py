"""Policies of roles and what they imply."""

from cupola.base.policy import Rule
from cupola.identity.policies.checks import ADMIN, ANY, READER, SYSTEM

GET = "identity:get_role"
LIST = "identity:list_roles"
CREATE = "identity:create_role"
UPDATE = "identity:update_role"
DELETE = "identity:delete_role"
GET_OF_DOMAIN = "identity:get_domain_role"
LIST_OF_DOMAIN = "identity:list_domain_roles"
CREATE_OF_DOMAIN = "identity:create_domain_role"
UPDATE_OF_DOMAIN = "identity:update_domain_role"
DELETE_OF_DOMAIN = "identity:delete_domain_role"
GET_IMPLIED = "identity:get_implied_role"
LIST_IMPLIED = "identity:list_implied_roles"
CREATE_IMPLIED = "identity:create_implied_role"
DELETE_IMPLIED = "identity:delete_implied_role"
CHECK_IMPLIED = "identity:check_implied_role"
LIST_INFERENCES = "identity:list_role_inference_rules"

MANAGED = "('manager':%(target.role.name)s or 'member':%(target.role.name)s or 'reader':%(target.role.name)s)"
"""The roles that the manager of a domain may see and give."""

_ROLES = "/v3/roles"
_ROLE = "/v3/roles/{role_id}"
_IMPLIES = "/v3/roles/{prior_role_id}/implies"
_IMPLIED = f"{_IMPLIES}/{{implied_role_id}}"

RULES = (
    Rule(GET, f"{READER} or (role:manager and {MANAGED})", "Show a role.", (("GET", _ROLE), ("HEAD", _ROLE)), ANY),
    Rule(
        LIST,
        f"{READER} or (role:manager and not domain_id:None)",
        "List roles.",
        (("GET", _ROLES), ("HEAD", _ROLES)),
        ANY,
    ),
    Rule(CREATE, ADMIN, "Create a role.", (("POST", _ROLES),), SYSTEM),
    Rule(UPDATE, ADMIN, "Change a role.", (("PATCH", _ROLE),), SYSTEM),
    Rule(DELETE, ADMIN, "Delete a role.", (("DELETE", _ROLE),), SYSTEM),
    Rule(GET_OF_DOMAIN, READER, "Show a role of a domain.", (("GET", _ROLE), ("HEAD", _ROLE)), SYSTEM),
    Rule(LIST_OF_DOMAIN, READER, "List the roles of a domain.", (("GET", f"{_ROLES}?domain_id={{id}}"),), SYSTEM),
    Rule(CREATE_OF_DOMAIN, ADMIN, "Create a role of a domain.", (("POST", _ROLES),), SYSTEM),
    Rule(UPDATE_OF_DOMAIN, ADMIN, "Change a role of a domain.", (("PATCH", _ROLE),), SYSTEM),
    Rule(DELETE_OF_DOMAIN, ADMIN, "Delete a role of a domain.", (("DELETE", _ROLE),), SYSTEM),
    Rule(GET_IMPLIED, READER, "Show that a role implies another.", (("GET", _IMPLIED),), SYSTEM),
    Rule(LIST_IMPLIED, READER, "List what a role implies.", (("GET", _IMPLIES), ("HEAD", _IMPLIES)), SYSTEM),
    Rule(CREATE_IMPLIED, ADMIN, "Let a role imply another.", (("PUT", _IMPLIED),), SYSTEM),
    Rule(DELETE_IMPLIED, ADMIN, "Let a role imply another no more.", (("DELETE", _IMPLIED),), SYSTEM),
    Rule(CHECK_IMPLIED, READER, "Learn whether a role implies another.", (("HEAD", _IMPLIED),), SYSTEM),
    Rule(
        LIST_INFERENCES,
        READER,
        "List which roles imply which.",
        (("GET", "/v3/role_inferences"), ("HEAD", "/v3/role_inferences")),
        SYSTEM,
    ),
)
