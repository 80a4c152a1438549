"""Policies of tokens, and of what the holder of one may learn of it."""

from cupola.base.policy import Rule
from cupola.identity.policies.checks import ADMIN, ANY, READER, SYSTEM

CHECK = "identity:check_token"
VALIDATE = "identity:validate_token"
REVOKE = "identity:revoke_token"
GET_CATALOG = "identity:get_auth_catalog"
GET_PROJECTS = "identity:get_auth_projects"
GET_DOMAINS = "identity:get_auth_domains"
GET_SYSTEM = "identity:get_auth_system"
LIST_REVOKE_EVENTS = "identity:list_revoke_events"

_SUBJECT = "user_id:%(target.token.user_id)s"
_TOKENS = "/v3/auth/tokens"


def _of_holder(name: str, path: str, description: str) -> Rule:
    return Rule(name, "", description, (("GET", path), ("HEAD", path)), ())


RULES = (
    Rule(CHECK, f"{READER} or {_SUBJECT}", "Learn whether a token is valid.", (("HEAD", _TOKENS),), ANY),
    Rule(VALIDATE, f"{READER} or role:service or {_SUBJECT}", "Show what a token says.", (("GET", _TOKENS),), ANY),
    Rule(REVOKE, f"{ADMIN} or {_SUBJECT}", "End a token before its time.", (("DELETE", _TOKENS),), ANY),
    _of_holder(GET_CATALOG, "/v3/auth/catalog", "Show the catalog of one's token."),
    _of_holder(GET_PROJECTS, "/v3/auth/projects", "List the projects one may have a token for."),
    _of_holder(GET_DOMAINS, "/v3/auth/domains", "List the domains one may have a token for."),
    _of_holder(GET_SYSTEM, "/v3/auth/system", "Learn whether one may have a token for the system."),
    Rule(
        LIST_REVOKE_EVENTS,
        f"{ADMIN} or role:service",
        "List which tokens were ended before their time.",
        (("GET", "/v3/OS-REVOKE/events"),),
        SYSTEM,
    ),
)
