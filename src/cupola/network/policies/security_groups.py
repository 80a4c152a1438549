"""Who may do what to security groups and their rules."""

from __future__ import annotations

from cupola.base.policy import Rule
from cupola.network.policies.common import MEMBER, READER

_GROUP, _RULE = "/security-groups/{id}", "/security-group-rules/{id}"
_SEEN = f"{READER} or rule:shared_security_group"
_OF_GROUP = "(rule:admin_only) or (role:{} and rule:sg_owner)"

RULES: tuple[Rule, ...] = (
    Rule("create_security_group", MEMBER, "Make a security group.", (("POST", "/security-groups"),)),
    Rule("create_security_group:tags", MEMBER, "Tag a new security group.", (("POST", "/security-groups"),)),
    Rule("get_security_group", _SEEN, "See a security group.", (("GET", "/security-groups"), ("GET", _GROUP))),
    Rule("get_security_group:tags", _SEEN, "See a security group's tags.", (("GET", _GROUP + "/tags"),)),
    Rule("update_security_group", MEMBER, "Change a security group.", (("PUT", _GROUP),)),
    Rule("update_security_group:tags", MEMBER, "Tag a security group.", (("PUT", _GROUP + "/tags"),)),
    Rule("delete_security_group", MEMBER, "Delete a security group.", (("DELETE", _GROUP),)),
    Rule("delete_security_group:tags", MEMBER, "Untag a security group.", (("DELETE", _GROUP + "/tags"),)),
    Rule(
        "create_security_group_rule",
        _OF_GROUP.format("member"),
        "Add a rule to a security group.",
        (("POST", "/security-group-rules"),),
    ),
    Rule(
        "get_security_group_rule",
        _OF_GROUP.format("reader"),
        "See a rule of a security group.",
        (("GET", "/security-group-rules"), ("GET", _RULE)),
    ),
    Rule(
        "delete_security_group_rule",
        _OF_GROUP.format("member"),
        "Remove a rule from a security group.",
        (("DELETE", _RULE),),
    ),
)
