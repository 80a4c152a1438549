"""Policies of host aggregates, and of what projects have used."""

from __future__ import annotations

from cupola.compute.policies.scopes import ADMIN, READER, rule

LIST = "os_compute_api:os-aggregates:index"
SHOW = "os_compute_api:os-aggregates:show"
CREATE = "os_compute_api:os-aggregates:create"
UPDATE = "os_compute_api:os-aggregates:update"
DELETE = "os_compute_api:os-aggregates:delete"
ADD_HOST = "os_compute_api:os-aggregates:add_host"
REMOVE_HOST = "os_compute_api:os-aggregates:remove_host"
SET_METADATA = "os_compute_api:os-aggregates:set_metadata"
USAGE_LIST = "os_compute_api:os-simple-tenant-usage:list"
USAGE_SHOW = "os_compute_api:os-simple-tenant-usage:show"

ONE = "/os-aggregates/{aggregate_id}"

RULES = (
    rule("os-aggregates:index", ADMIN, "List host aggregates.", "GET /os-aggregates"),
    rule("os-aggregates:show", ADMIN, "See a host aggregate.", f"GET {ONE}"),
    rule("os-aggregates:create", ADMIN, "Make a host aggregate.", "POST /os-aggregates"),
    rule("os-aggregates:update", ADMIN, "Change a host aggregate.", f"PUT {ONE}"),
    rule("os-aggregates:delete", ADMIN, "Remove a host aggregate.", f"DELETE {ONE}"),
    rule("os-aggregates:add_host", ADMIN, "Put a host into one.", f"POST {ONE}/action (add_host)"),
    rule("os-aggregates:remove_host", ADMIN, "Take a host out of one.", f"POST {ONE}/action (remove_host)"),
    rule("os-aggregates:set_metadata", ADMIN, "Change the metadata of one.", f"POST {ONE}/action (set_metadata)"),
    rule("os-simple-tenant-usage:list", ADMIN, "See what all projects used.", "GET /os-simple-tenant-usage"),
    rule("os-simple-tenant-usage:show", READER, "See what a project used.", "GET /os-simple-tenant-usage/{project_id}"),
)
