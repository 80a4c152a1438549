"""Servers: who may make, see, change and delete them."""

from cupola.base.policy import Rule
from cupola.compute.policies.scopes import ADMIN, MEMBER, READER, rule

INDEX = "os_compute_api:servers:index"
DETAIL = "os_compute_api:servers:detail"
INDEX_ALL = "os_compute_api:servers:index:get_all_tenants"
DETAIL_ALL = "os_compute_api:servers:detail:get_all_tenants"
ALL_FILTERS = "os_compute_api:servers:allow_all_filters"
SHOW = "os_compute_api:servers:show"
SHOW_EXTRA_SPECS = "os_compute_api:servers:show:flavor-extra-specs"
SHOW_HOST_STATUS = "os_compute_api:servers:show:host_status"
SHOW_HOST_STATUS_UNKNOWN = "os_compute_api:servers:show:host_status:unknown-only"
SHOW_EXTENDED = "os_compute_api:os-extended-server-attributes"
CREATE = "os_compute_api:servers:create"
CREATE_FORCED_HOST = "os_compute_api:servers:create:forced_host"
CREATE_REQUESTED = "compute:servers:create:requested_destination"
CREATE_ATTACH_NETWORK = "os_compute_api:servers:create:attach_network"
CREATE_ZERO_DISK = "os_compute_api:servers:create:zero_disk_flavor"
ATTACH_EXTERNAL = "network:attach_external_network"
UPDATE = "os_compute_api:servers:update"
DELETE = "os_compute_api:servers:delete"

LISTS = ("GET /servers", "GET /servers/detail")

RULES: tuple[Rule, ...] = (
    rule("servers:index", READER, "List the project's servers.", "GET /servers"),
    rule("servers:detail", READER, "List the project's servers with details.", "GET /servers/detail"),
    rule("servers:index:get_all_tenants", ADMIN, "List the servers of all projects.", "GET /servers"),
    rule("servers:detail:get_all_tenants", ADMIN, "List all projects' servers with details.", "GET /servers/detail"),
    rule("servers:allow_all_filters", ADMIN, "Use every filter in lists of servers.", *LISTS),
    rule("servers:show", READER, "Show a server.", "GET /servers/{server_id}"),
    rule("servers:show:flavor-extra-specs", READER, "See the extra specs of a server's flavor.", *LISTS),
    rule("servers:show:host_status", ADMIN, "See how a server's host is.", *LISTS, "GET /servers/{server_id}"),
    rule("servers:show:host_status:unknown-only", ADMIN, "See that a server's host does not answer.", *LISTS),
    rule("os-extended-server-attributes", ADMIN, "See a server's host and inner names.", *LISTS),
    rule("servers:create", MEMBER, "Create a server.", "POST /servers"),
    rule("servers:create:forced_host", ADMIN, "Create a server on a named host, unchecked.", "POST /servers"),
    Rule(CREATE_REQUESTED, ADMIN, "Create a server on a named host, if it fits.", (("POST", "/servers"),)),
    rule("servers:create:attach_network", MEMBER, "Create a server with networks or ports.", "POST /servers"),
    rule(
        "servers:create:zero_disk_flavor",
        ADMIN,
        "Create a server whose disk is as large as its image.",
        "POST /servers",
    ),
    Rule(ATTACH_EXTERNAL, ADMIN, "Attach a server to an external network.", (("POST", "/servers"),)),
    rule("servers:update", MEMBER, "Change a server's name, description and the like.", "PUT /servers/{server_id}"),
    rule("servers:delete", MEMBER, "Delete a server.", "DELETE /servers/{server_id}"),
)
