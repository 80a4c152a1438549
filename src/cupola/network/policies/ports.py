"""Who may do what to ports."""

from __future__ import annotations

from cupola.base.policy import Rule
from cupola.network.policies.common import MEMBER

_MADE, _ONE = (("POST", "/ports"),), "/ports/{id}"
_CHANGED, _SHOWN = (("PUT", _ONE),), (("GET", "/ports"), ("GET", _ONE))
_TRUSTED = "(rule:admin_only) or (rule:service_api)"
_NET = f"{_TRUSTED} or role:member and rule:network_owner"
_NET_OR_SHARED = f"{_NET} or rule:shared"
_DEVICE = "not rule:network_device or (rule:admin_only) or (rule:service_api) or role:member and rule:network_owner"
_OWN = f"{_TRUSTED} or role:member and project_id:%(project_id)s"
_SEEN = f"{_TRUSTED} or role:reader and rule:network_owner or role:reader and project_id:%(project_id)s"
_MINE = "(role:member and rule:network_owner or role:member and project_id:%(project_id)s)"
_DELETED = (
    f"{_TRUSTED} or (service_roles:service and {_MINE}) or (not rule:compute_device and not rule:baremetal_device "
    f"and not rule:manila_device and {_MINE})"
)
_TAGGED = f"{MEMBER} or rule:context_is_advsvc"

RULES: tuple[Rule, ...] = (
    Rule("create_port", _NET_OR_SHARED, "Make a port.", _MADE),
    Rule("create_port:device_id", f"{MEMBER} or rule:service_api", "Say what a port is of.", _MADE),
    Rule("create_port:device_owner", _DEVICE, "Say what kind of thing a port is of.", _MADE),
    Rule("create_port:mac_address", _NET, "Choose a port's MAC address.", _MADE),
    Rule("create_port:fixed_ips", _NET_OR_SHARED, "Choose a port's addresses.", _MADE),
    Rule("create_port:fixed_ips:ip_address", _NET, "Choose a port's address itself.", _MADE),
    Rule("create_port:fixed_ips:subnet_id", _NET_OR_SHARED, "Choose the subnet of an address.", _MADE),
    Rule("create_port:port_security_enabled", _NET, "Choose whether a port is secured.", _MADE),
    Rule("create_port:allowed_address_pairs", _NET, "Allow a port other sources.", _MADE),
    Rule("create_port:binding:host_id", _TRUSTED, "Choose a port's host.", _MADE),
    Rule("create_port:binding:profile", "rule:service_api", "Say how a host plugs a port.", _MADE),
    Rule("create_port:binding:vnic_type", f"{MEMBER} or rule:service_api", "Choose a port's kind.", _MADE),
    Rule("create_port:tags", _TAGGED, "Tag a new port.", _MADE),
    Rule("get_port", _SEEN, "See a port.", _SHOWN),
    Rule("get_port:binding:vif_type", _TRUSTED, "See how a port is plugged.", _SHOWN),
    Rule("get_port:binding:vif_details", _TRUSTED, "See the details of how a port is plugged.", _SHOWN),
    Rule("get_port:binding:host_id", _TRUSTED, "See a port's host.", _SHOWN),
    Rule("get_port:binding:profile", _TRUSTED, "See how a host plugs a port.", _SHOWN),
    Rule("get_port:tags", f"rule:context_is_advsvc or {_SEEN}", "See a port's tags.", (("GET", _ONE + "/tags"),)),
    Rule("update_port", _OWN, "Change a port.", _CHANGED),
    Rule("update_port:device_id", f"{MEMBER} or rule:service_api", "Say what a port is of.", _CHANGED),
    Rule("update_port:device_owner", _DEVICE, "Say what kind of thing a port is of.", _CHANGED),
    Rule(
        "update_port:mac_address",
        f"{_TRUSTED} or role:manager and rule:network_owner",
        "Change a port's MAC address.",
        _CHANGED,
    ),
    Rule("update_port:fixed_ips", _NET, "Change a port's addresses.", _CHANGED),
    Rule("update_port:fixed_ips:ip_address", _NET, "Change a port's address itself.", _CHANGED),
    Rule("update_port:fixed_ips:subnet_id", _NET_OR_SHARED, "Change the subnet of an address.", _CHANGED),
    Rule("update_port:port_security_enabled", _NET, "Change whether a port is secured.", _CHANGED),
    Rule("update_port:allowed_address_pairs", _NET, "Allow a port other sources.", _CHANGED),
    Rule("update_port:binding:host_id", _TRUSTED, "Move a port to a host.", _CHANGED),
    Rule("update_port:binding:profile", "rule:service_api", "Change how a host plugs a port.", _CHANGED),
    Rule("update_port:binding:vnic_type", _OWN, "Change a port's kind.", _CHANGED),
    Rule("update_port:tags", _TAGGED, "Tag a port.", (("PUT", _ONE + "/tags"),)),
    Rule("delete_port", _DELETED, "Delete a port.", (("DELETE", _ONE),)),
    Rule(
        "delete_port:tags",
        f"rule:context_is_advsvc or {_NET} or {MEMBER}",
        "Untag a port.",
        (("DELETE", _ONE + "/tags"),),
    ),
)
