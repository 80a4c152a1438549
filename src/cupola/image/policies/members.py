"""Who may share an image, and who may answer."""

from __future__ import annotations

from cupola.base.policy import Rule

ADD = "add_member"
DELETE = "delete_member"
GET = "get_member"
LIST = "get_members"
MODIFY = "modify_member"

_EITHER = (
    "rule:context_is_admin or (role:reader and (project_id:%(project_id)s or project_id:%(member_id)s))"
)  # fmt: skip
_MEMBERS = "/v2/images/{image_id}/members"
_MEMBER = f"{_MEMBERS}/{{member_id}}"

RULES = (
    Rule(ADD, "rule:project_member_or_admin", "Share an image with a project.", (("POST", _MEMBERS),)),
    Rule(DELETE, "rule:project_member_or_admin", "Share it no longer.", (("DELETE", _MEMBER),)),
    Rule(GET, _EITHER, "See one member of an image.", (("GET", _MEMBER),)),
    Rule(LIST, _EITHER, "See the members of an image.", (("GET", _MEMBERS),)),
    Rule(MODIFY, "rule:context_is_admin or (role:member and project_id:%(member_id)s)",
         "Accept or reject an image that is shared with one's project.", (("PUT", _MEMBER),)),
)  # fmt: skip
