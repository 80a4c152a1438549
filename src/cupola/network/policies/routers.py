"""Who may do what to routers and floating IPs."""

from __future__ import annotations

from cupola.base.policy import Rule
from cupola.network.policies.common import ADMIN, MANAGER, MEMBER, READER

_MADE, _ONE, _FIP = (("POST", "/routers"),), "/routers/{id}", "/floatingips/{id}"
_CHANGED, _SHOWN = (("PUT", _ONE),), (("GET", "/routers"), ("GET", _ONE))
_FIP_MADE, _FIP_CHANGED = (("POST", "/floatingips"),), (("PUT", _FIP),)

RULES: tuple[Rule, ...] = (
    Rule("create_router", MEMBER, "Make a router.", _MADE),
    Rule("create_router:distributed", ADMIN, "Make a distributed router.", _MADE),
    Rule("create_router:ha", ADMIN, "Make a highly available router.", _MADE),
    Rule("create_router:external_gateway_info", MEMBER, "Give a new router a gateway.", _MADE),
    Rule("create_router:external_gateway_info:network_id", MEMBER, "Choose the gateway's network.", _MADE),
    Rule("create_router:external_gateway_info:enable_snat", ADMIN, "Choose whether addresses are hidden.", _MADE),
    Rule("create_router:external_gateway_info:external_fixed_ips", ADMIN, "Choose the gateway's addresses.", _MADE),
    Rule("create_router:tags", MEMBER, "Tag a new router.", _MADE),
    Rule("get_router", READER, "See a router.", _SHOWN),
    Rule("get_router:distributed", ADMIN, "See whether a router is distributed.", _SHOWN),
    Rule("get_router:ha", ADMIN, "See whether a router is highly available.", _SHOWN),
    Rule("get_router:tags", READER, "See a router's tags.", (("GET", _ONE + "/tags"),)),
    Rule("update_router", MEMBER, "Change a router.", _CHANGED),
    Rule("update_router:distributed", ADMIN, "Change whether a router is distributed.", _CHANGED),
    Rule("update_router:ha", ADMIN, "Change whether a router is highly available.", _CHANGED),
    Rule("update_router:external_gateway_info", MEMBER, "Change a router's gateway.", _CHANGED),
    Rule("update_router:external_gateway_info:network_id", MEMBER, "Change the gateway's network.", _CHANGED),
    Rule("update_router:external_gateway_info:enable_snat", ADMIN, "Change whether addresses are hidden.", _CHANGED),
    Rule("update_router:external_gateway_info:external_fixed_ips", ADMIN, "Change the gateway's addresses.", _CHANGED),
    Rule("update_router:tags", MEMBER, "Tag a router.", (("PUT", _ONE + "/tags"),)),
    Rule("delete_router", MEMBER, "Delete a router.", (("DELETE", _ONE),)),
    Rule("delete_router:tags", MEMBER, "Untag a router.", (("DELETE", _ONE + "/tags"),)),
    Rule("add_router_interface", MEMBER, "Join a subnet to a router.", (("PUT", _ONE + "/add_router_interface"),)),
    Rule(
        "remove_router_interface", MEMBER, "Part a subnet from a router.", (("PUT", _ONE + "/remove_router_interface"),)
    ),
    Rule("add_extraroutes", MEMBER, "Add routes to a router.", (("PUT", _ONE + "/add_extraroutes"),)),
    Rule("remove_extraroutes", MEMBER, "Remove routes from a router.", (("PUT", _ONE + "/remove_extraroutes"),)),
    Rule("create_floatingip", MEMBER, "Take a floating IP.", _FIP_MADE),
    Rule("create_floatingip:floating_ip_address", MANAGER, "Choose a floating IP's address.", _FIP_MADE),
    Rule("create_floatingip:tags", MEMBER, "Tag a new floating IP.", _FIP_MADE),
    Rule("get_floatingip", READER, "See a floating IP.", (("GET", "/floatingips"), ("GET", _FIP))),
    Rule("get_floatingip:tags", READER, "See a floating IP's tags.", (("GET", _FIP + "/tags"),)),
    Rule("update_floatingip", MEMBER, "Let a floating IP lead to another port, or to none.", _FIP_CHANGED),
    Rule("update_floatingip:tags", MEMBER, "Tag a floating IP.", (("PUT", _FIP + "/tags"),)),
    Rule("delete_floatingip", MEMBER, "Give a floating IP back.", (("DELETE", _FIP),)),
    Rule("delete_floatingip:tags", MEMBER, "Untag a floating IP.", (("DELETE", _FIP + "/tags"),)),
)
