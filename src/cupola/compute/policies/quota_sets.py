"""Policies of quota sets and limits."""

from __future__ import annotations

from cupola.base.policy import Rule

SHOW = "os_compute_api:os-quota-sets:show"
DETAIL = "os_compute_api:os-quota-sets:detail"
DEFAULTS = "os_compute_api:os-quota-sets:defaults"
UPDATE = "os_compute_api:os-quota-sets:update"
DELETE = "os_compute_api:os-quota-sets:delete"
LIMITS = "os_compute_api:limits"
OTHER_LIMITS = "os_compute_api:limits:other_project"

ADMIN, READER = "rule:context_is_admin", "rule:project_reader_or_admin"
PATH = "/os-quota-sets/{project_id}"

RULES = (
    Rule(SHOW, READER, "See the quota of a project.", (("GET", PATH),)),
    Rule(DETAIL, READER, "See the quota of a project with what it uses.", (("GET", PATH + "/detail"),)),
    Rule(DEFAULTS, "@", "See the default quota.", (("GET", PATH + "/defaults"),)),
    Rule(UPDATE, ADMIN, "Change the quota of a project.", (("PUT", PATH),)),
    Rule(DELETE, ADMIN, "Give a project the default quota again.", (("DELETE", PATH),)),
    Rule(LIMITS, "@", "See the limits of one's own project.", (("GET", "/limits"),)),
    Rule(OTHER_LIMITS, ADMIN, "See the limits of another project.", (("GET", "/limits"),)),
)
