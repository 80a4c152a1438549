"""Policies of flavors, their extra specs and the access to private ones."""

from __future__ import annotations

from cupola.base.policy import Rule

CREATE = "os_compute_api:os-flavor-manage:create"
UPDATE = "os_compute_api:os-flavor-manage:update"
DELETE = "os_compute_api:os-flavor-manage:delete"
SPECS = "os_compute_api:os-flavor-extra-specs:index"
SPEC_SHOW = "os_compute_api:os-flavor-extra-specs:show"
SPEC_CREATE = "os_compute_api:os-flavor-extra-specs:create"
SPEC_UPDATE = "os_compute_api:os-flavor-extra-specs:update"
SPEC_DELETE = "os_compute_api:os-flavor-extra-specs:delete"
ACCESS = "os_compute_api:os-flavor-access"
ACCESS_ADD = "os_compute_api:os-flavor-access:add_tenant_access"
ACCESS_REMOVE = "os_compute_api:os-flavor-access:remove_tenant_access"
SEE = "os_compute_api:flavors"

ADMIN, READER = "rule:context_is_admin", "rule:project_reader_or_admin"
PATH, SPECS_PATH = "/flavors/{flavor_id}", "/flavors/{flavor_id}/os-extra_specs"

RULES = (
    Rule(SEE, "@", "See the flavors that one may use.", (("GET", "/flavors"), ("GET", PATH))),
    Rule(CREATE, ADMIN, "Make a flavor.", (("POST", "/flavors"),)),
    Rule(UPDATE, ADMIN, "Change the description of a flavor.", (("PUT", PATH),)),
    Rule(DELETE, ADMIN, "Remove a flavor.", (("DELETE", PATH),)),
    Rule(SPECS, READER, "See the extra specs of flavors.", (("GET", SPECS_PATH), ("GET", PATH))),
    Rule(SPEC_SHOW, READER, "See one extra spec of a flavor.", (("GET", SPECS_PATH + "/{key}"),)),
    Rule(SPEC_CREATE, ADMIN, "Add extra specs to a flavor.", (("POST", SPECS_PATH),)),
    Rule(SPEC_UPDATE, ADMIN, "Change an extra spec of a flavor.", (("PUT", SPECS_PATH + "/{key}"),)),
    Rule(SPEC_DELETE, ADMIN, "Remove an extra spec of a flavor.", (("DELETE", SPECS_PATH + "/{key}"),)),
    Rule(ACCESS, ADMIN, "See who may use a private flavor.", (("GET", PATH + "/os-flavor-access"),)),
    Rule(ACCESS_ADD, ADMIN, "Let a project use a flavor.", (("POST", PATH + "/action (addTenantAccess)"),)),
    Rule(ACCESS_REMOVE, ADMIN, "Take a flavor from a project.", (("POST", PATH + "/action (removeTenantAccess)"),)),
)
