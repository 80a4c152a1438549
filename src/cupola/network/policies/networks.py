"""Who may do what to networks."""

from __future__ import annotations

from cupola.base.policy import Rule
from cupola.network.policies.common import ADMIN, MEMBER

_MADE, _ONE = (("POST", "/networks"),), "/networks/{id}"
_CHANGED, _SHOWN = (("PUT", _ONE),), (("GET", "/networks"), ("GET", _ONE))
_SEEN = (
    "(rule:admin_only) or (role:reader and project_id:%(project_id)s) or rule:service_api or rule:shared "
    "or rule:external or rule:context_is_advsvc"
)

RULES: tuple[Rule, ...] = (
    Rule("create_network", MEMBER, "Make a network.", _MADE),
    Rule("create_network:shared", ADMIN, "Share a new network with all projects.", _MADE),
    Rule("create_network:router:external", ADMIN, "Make a network that leads outside.", _MADE),
    Rule("create_network:is_default", ADMIN, "Make the default external network.", _MADE),
    Rule("create_network:port_security_enabled", MEMBER, "Choose whether ports are secured.", _MADE),
    Rule("create_network:provider:network_type", ADMIN, "Choose how a network is carried.", _MADE),
    Rule("create_network:provider:physical_network", ADMIN, "Choose what a network is carried by.", _MADE),
    Rule("create_network:provider:segmentation_id", ADMIN, "Choose a network's number.", _MADE),
    Rule("create_network:tags", MEMBER, "Tag a new network.", _MADE),
    Rule("get_network", _SEEN, "See a network.", _SHOWN),
    Rule("get_network:provider:network_type", ADMIN, "See how a network is carried.", _SHOWN),
    Rule("get_network:provider:physical_network", ADMIN, "See what a network is carried by.", _SHOWN),
    Rule("get_network:provider:segmentation_id", ADMIN, "See a network's number.", _SHOWN),
    Rule("get_network:tags", _SEEN, "See a network's tags.", (("GET", _ONE + "/tags"),)),
    Rule("update_network", MEMBER, "Change a network.", _CHANGED),
    Rule("update_network:shared", ADMIN, "Share a network with all projects.", _CHANGED),
    Rule("update_network:router:external", ADMIN, "Let a network lead outside.", _CHANGED),
    Rule("update_network:is_default", ADMIN, "Choose the default external network.", _CHANGED),
    Rule("update_network:port_security_enabled", MEMBER, "Change whether new ports are secured.", _CHANGED),
    Rule("update_network:tags", MEMBER, "Tag a network.", (("PUT", _ONE + "/tags"),)),
    Rule("delete_network", MEMBER, "Delete a network.", (("DELETE", _ONE),)),
    Rule("delete_network:tags", MEMBER, "Untag a network.", (("DELETE", _ONE + "/tags"),)),
)
