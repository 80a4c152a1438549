"""Who may do what to subnets."""

from __future__ import annotations

from cupola.base.policy import Rule

_MADE, _ONE = (("POST", "/subnets"),), "/subnets/{id}"
_NET = "(rule:admin_only) or (role:member and rule:network_owner)"
_OWN = "role:member and project_id:%(project_id)s or (rule:admin_only) or (role:member and rule:network_owner)"
_SEEN = (
    "role:reader and project_id:%(project_id)s or rule:shared or rule:external_network or (rule:admin_only) "
    "or (role:reader and rule:network_owner) or rule:service_api"
)

RULES: tuple[Rule, ...] = (
    Rule("create_subnet", _NET, "Make a subnet.", _MADE),
    Rule("create_subnet:tags", _OWN, "Tag a new subnet.", _MADE),
    Rule("get_subnet", _SEEN, "See a subnet.", (("GET", "/subnets"), ("GET", _ONE))),
    Rule("get_subnet:tags", _SEEN, "See a subnet's tags.", (("GET", _ONE + "/tags"),)),
    Rule("update_subnet", _OWN, "Change a subnet.", (("PUT", _ONE),)),
    Rule("update_subnet:tags", _OWN, "Tag a subnet.", (("PUT", _ONE + "/tags"),)),
    Rule("delete_subnet", _OWN, "Delete a subnet.", (("DELETE", _ONE),)),
    Rule("delete_subnet:tags", _OWN, "Untag a subnet.", (("DELETE", _ONE + "/tags"),)),
)
