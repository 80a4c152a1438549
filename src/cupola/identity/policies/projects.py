"""Policies of projects and their tags."""

from cupola.base.policy import Rule
from cupola.identity.policies.checks import ADMIN, ANY, READER, of_domain, of_home

GET = "identity:get_project"
LIST = "identity:list_projects"
CREATE = "identity:create_project"
UPDATE = "identity:update_project"
DELETE = "identity:delete_project"
LIST_TAGS = "identity:list_project_tags"
GET_TAG = "identity:get_project_tag"
UPDATE_TAGS = "identity:update_project_tags"
CREATE_TAG = "identity:create_project_tag"
DELETE_TAGS = "identity:delete_project_tags"
DELETE_TAG = "identity:delete_project_tag"

_READER = f"{READER} or {of_home('reader', 'project.domain_id')} or project_id:%(target.project.id)s"
_MANAGER = f"{ADMIN} or {of_home('manager', 'project.domain_id')}"
_PATH = "/v3/projects/{project_id}"
_TAGS = f"{_PATH}/tags"
_TAG = f"{_TAGS}/{{value}}"

RULES = (
    Rule(GET, _READER, "Show a project.", (("GET", _PATH),), ANY),
    Rule(LIST, f"{READER} or {of_domain('reader', 'domain_id')}", "List projects.", (("GET", "/v3/projects"),), ANY),
    Rule(CREATE, _MANAGER, "Create a project.", (("POST", "/v3/projects"),), ANY),
    Rule(UPDATE, _MANAGER, "Change a project.", (("PATCH", _PATH),), ANY),
    Rule(DELETE, _MANAGER, "Delete a project.", (("DELETE", _PATH),), ANY),
    Rule(LIST_TAGS, _READER, "List the tags of a project.", (("GET", _TAGS), ("HEAD", _TAGS)), ANY),
    Rule(GET_TAG, _READER, "Learn whether a project has a tag.", (("GET", _TAG), ("HEAD", _TAG)), ANY),
    Rule(UPDATE_TAGS, _MANAGER, "Replace the tags of a project.", (("PUT", _TAGS),), ANY),
    Rule(CREATE_TAG, _MANAGER, "Add a tag to a project.", (("PUT", _TAG),), ANY),
    Rule(DELETE_TAGS, _MANAGER, "Remove all tags of a project.", (("DELETE", _TAGS),), ANY),
    Rule(DELETE_TAG, _MANAGER, "Remove a tag of a project.", (("DELETE", _TAG),), ANY),
)
