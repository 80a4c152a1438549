"""Policies of tokens."""

from cupola.base.policy import Rule

CHECK = "identity:check_token"
VALIDATE = "identity:validate_token"
REVOKE = "identity:revoke_token"

_ANY_SCOPE = ("system", "domain", "project")
_SUBJECT = "user_id:%(target.token.user_id)s"
_SYSTEM_READER = "(role:reader and system_scope:all)"

RULES = (
    Rule(
        CHECK,
        f"rule:admin_required or {_SYSTEM_READER} or {_SUBJECT}",
        "Learn whether a token is valid.",
        (("HEAD", "/v3/auth/tokens"),),
        _ANY_SCOPE,
    ),
    Rule(
        VALIDATE,
        f"rule:admin_required or {_SYSTEM_READER} or rule:service_api or {_SUBJECT}",
        "Show what a token says.",
        (("GET", "/v3/auth/tokens"),),
        _ANY_SCOPE,
    ),
    Rule(
        REVOKE,
        f"rule:admin_required or {_SUBJECT}",
        "End a token before its time.",
        (("DELETE", "/v3/auth/tokens"),),
        _ANY_SCOPE,
    ),
)
