"""Policies of domains."""

from cupola.base.policy import Rule
from cupola.identity.policies.checks import ADMIN, ANY, READER, SYSTEM, of_domain

GET = "identity:get_domain"
LIST = "identity:list_domains"
CREATE = "identity:create_domain"
UPDATE = "identity:update_domain"
DELETE = "identity:delete_domain"

_OWN = "token.domain.id:%(target.domain.id)s or token.project.domain.id:%(target.domain.id)s"
_PATH = "/v3/domains/{domain_id}"

RULES = (
    Rule(GET, f"{READER} or {_OWN}", "Show a domain.", (("GET", _PATH),), ANY),
    Rule(LIST, f"{READER} or {of_domain('reader', 'domain.id')}", "List domains.", (("GET", "/v3/domains"),), ANY),
    Rule(CREATE, ADMIN, "Create a domain.", (("POST", "/v3/domains"),), SYSTEM),
    Rule(UPDATE, ADMIN, "Change a domain.", (("PATCH", _PATH),), SYSTEM),
    Rule(DELETE, ADMIN, "Delete a domain with all that is in it.", (("DELETE", _PATH),), SYSTEM),
)
