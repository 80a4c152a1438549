"""Who may do what with images."""

from __future__ import annotations

from cupola.base.policy import Rule

ADD = "add_image"
DELETE = "delete_image"
GET = "get_image"
LIST = "get_images"
MODIFY = "modify_image"
PUBLICIZE = "publicize_image"
COMMUNITIZE = "communitize_image"
DOWNLOAD = "download_image"
UPLOAD = "upload_image"
DEACTIVATE = "deactivate"
REACTIVATE = "reactivate"
SET_LOCATION = "set_image_location"

_ADMIN = "rule:context_is_admin"
_MEMBER = "rule:project_member_or_admin"
_READER = "rule:project_reader_or_admin"
_SEEN = (
    "(project_id:%(project_id)s or project_id:%(member_id)s or 'community':%(visibility)s "
    "or 'public':%(visibility)s or 'shared':%(visibility)s)"
)
_IMAGE = "/v2/images/{image_id}"

RULES = (
    Rule(ADD, f"{_ADMIN} or (rule:project_member_api and project_id:%(owner)s)", "Create an image.",
         (("POST", "/v2/images"),)),
    Rule(DELETE, _MEMBER, "Delete an image.", (("DELETE", _IMAGE),)),
    Rule(GET, f"{_ADMIN} or (role:reader and {_SEEN})", "See an image.", (("GET", _IMAGE),)),
    Rule(LIST, _READER, "List the images one may see.", (("GET", "/v2/images"),)),
    Rule(MODIFY, _MEMBER, "Change an image and its tags.", (("PATCH", _IMAGE),)),
    Rule(PUBLICIZE, _ADMIN, "Make an image public.", (("PATCH", _IMAGE),)),
    Rule(COMMUNITIZE, _MEMBER, "Let every project use an image without listing it.", (("PATCH", _IMAGE),)),
    Rule(DOWNLOAD, f"{_ADMIN} or (role:member and {_SEEN})", "Download an image's bytes.",
         (("GET", f"{_IMAGE}/file"),)),
    Rule(UPLOAD, _MEMBER, "Upload an image's bytes.", (("PUT", f"{_IMAGE}/file"),)),
    Rule(DEACTIVATE, _MEMBER, "Forbid downloads of an image.", (("POST", f"{_IMAGE}/actions/deactivate"),)),
    Rule(REACTIVATE, _MEMBER, "Allow downloads of an image again.", (("POST", f"{_IMAGE}/actions/reactivate"),)),
    Rule(SET_LOCATION, _MEMBER, "Set where an image's bytes are.", (("PATCH", _IMAGE),)),
)  # fmt: skip
