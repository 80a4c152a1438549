"""Policies of key pairs: a user's own, and an administrator's of anybody."""

from __future__ import annotations

from cupola.base.policy import Rule

INDEX = "os_compute_api:os-keypairs:index"
CREATE = "os_compute_api:os-keypairs:create"
SHOW = "os_compute_api:os-keypairs:show"
DELETE = "os_compute_api:os-keypairs:delete"

OWN = "rule:context_is_admin or user_id:%(user_id)s"

RULES = (
    Rule(INDEX, OWN, "See a user's key pairs.", (("GET", "/os-keypairs"),)),
    Rule(CREATE, OWN, "Make or import a key pair.", (("POST", "/os-keypairs"),)),
    Rule(SHOW, OWN, "See a key pair.", (("GET", "/os-keypairs/{keypair_name}"),)),
    Rule(DELETE, OWN, "Remove a key pair.", (("DELETE", "/os-keypairs/{keypair_name}"),)),
)
