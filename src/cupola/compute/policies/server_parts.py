"""What belongs to a server: metadata, tags, addresses, interfaces, volumes, groups, and what was done to it."""

from cupola.base.policy import Rule
from cupola.compute.policies.scopes import ADMIN, MANAGER, MEMBER, READER, rule

METADATA_LIST = "os_compute_api:server-metadata:index"
METADATA_SHOW = "os_compute_api:server-metadata:show"
METADATA_CREATE = "os_compute_api:server-metadata:create"
METADATA_UPDATE_ALL = "os_compute_api:server-metadata:update_all"
METADATA_UPDATE = "os_compute_api:server-metadata:update"
METADATA_DELETE = "os_compute_api:server-metadata:delete"

TAGS_LIST = "os_compute_api:os-server-tags:index"
TAGS_SHOW = "os_compute_api:os-server-tags:show"
TAGS_UPDATE = "os_compute_api:os-server-tags:update"
TAGS_UPDATE_ALL = "os_compute_api:os-server-tags:update_all"
TAGS_DELETE = "os_compute_api:os-server-tags:delete"
TAGS_DELETE_ALL = "os_compute_api:os-server-tags:delete_all"

IPS_LIST = "os_compute_api:ips:index"
IPS_SHOW = "os_compute_api:ips:show"

INTERFACES_LIST = "os_compute_api:os-attach-interfaces:list"
INTERFACES_SHOW = "os_compute_api:os-attach-interfaces:show"
INTERFACES_CREATE = "os_compute_api:os-attach-interfaces:create"
INTERFACES_DELETE = "os_compute_api:os-attach-interfaces:delete"

VOLUMES_LIST = "os_compute_api:os-volumes-attachments:index"
VOLUMES_SHOW = "os_compute_api:os-volumes-attachments:show"
VOLUMES_CREATE = "os_compute_api:os-volumes-attachments:create"
VOLUMES_DELETE = "os_compute_api:os-volumes-attachments:delete"

GROUPS_LIST = "os_compute_api:os-security-groups:list"

ACTIONS_LIST = "os_compute_api:os-instance-actions:list"
ACTIONS_SHOW = "os_compute_api:os-instance-actions:show"
ACTIONS_EVENTS = "os_compute_api:os-instance-actions:events"
ACTIONS_DETAILS = "os_compute_api:os-instance-actions:events:details"

MIGRATIONS_LIST = "os_compute_api:os-migrations:index"
SERVER_MIGRATIONS_LIST = "os_compute_api:servers:migrations:index"

_S = "/servers/{server_id}"

RULES: tuple[Rule, ...] = (
    rule("server-metadata:index", READER, "List a server's metadata.", f"GET {_S}/metadata"),
    rule("server-metadata:show", READER, "Show one item of it.", f"GET {_S}/metadata/{{key}}"),
    rule("server-metadata:create", MEMBER, "Add or change items.", f"POST {_S}/metadata"),
    rule("server-metadata:update_all", MEMBER, "Replace all items.", f"PUT {_S}/metadata"),
    rule("server-metadata:update", MEMBER, "Add or change one item.", f"PUT {_S}/metadata/{{key}}"),
    rule("server-metadata:delete", MEMBER, "Delete one item.", f"DELETE {_S}/metadata/{{key}}"),
    rule("os-server-tags:index", READER, "List a server's tags.", f"GET {_S}/tags"),
    rule("os-server-tags:show", READER, "Ask whether a server has a tag.", f"GET {_S}/tags/{{tag}}"),
    rule("os-server-tags:update", MEMBER, "Add a tag.", f"PUT {_S}/tags/{{tag}}"),
    rule("os-server-tags:update_all", MEMBER, "Replace all tags.", f"PUT {_S}/tags"),
    rule("os-server-tags:delete", MEMBER, "Take a tag away.", f"DELETE {_S}/tags/{{tag}}"),
    rule("os-server-tags:delete_all", MEMBER, "Take all tags away.", f"DELETE {_S}/tags"),
    rule("ips:index", READER, "List a server's addresses.", f"GET {_S}/ips"),
    rule("ips:show", READER, "List its addresses on one network.", f"GET {_S}/ips/{{network_label}}"),
    rule("os-attach-interfaces:list", READER, "List a server's ports.", f"GET {_S}/os-interface"),
    rule("os-attach-interfaces:show", READER, "Show one of its ports.", f"GET {_S}/os-interface/{{port_id}}"),
    rule("os-attach-interfaces:create", MEMBER, "Attach a port or network.", f"POST {_S}/os-interface"),
    rule("os-attach-interfaces:delete", MEMBER, "Detach a port.", f"DELETE {_S}/os-interface/{{port_id}}"),
    rule("os-volumes-attachments:index", READER, "List a server's volumes.", f"GET {_S}/os-volume_attachments"),
    rule("os-volumes-attachments:show", READER, "Show one.", f"GET {_S}/os-volume_attachments/{{volume_id}}"),
    rule("os-volumes-attachments:create", MEMBER, "Attach a volume.", f"POST {_S}/os-volume_attachments"),
    rule("os-volumes-attachments:delete", MEMBER, "Detach one.", f"DELETE {_S}/os-volume_attachments/{{volume_id}}"),
    rule("os-migrations:index", MANAGER, "List migrations of servers.", "GET /os-migrations"),
    rule("servers:migrations:index", MANAGER, "List those of one server under way.", f"GET {_S}/migrations"),
    rule("os-security-groups:list", READER, "List a server's security groups.", f"GET {_S}/os-security-groups"),
    rule("os-instance-actions:list", READER, "List what was done to a server.", f"GET {_S}/os-instance-actions"),
    rule("os-instance-actions:show", READER, "Show one of these.", f"GET {_S}/os-instance-actions/{{request_id}}"),
    rule("os-instance-actions:events", ADMIN, "See its steps.", f"GET {_S}/os-instance-actions/{{request_id}}"),
    rule(
        "os-instance-actions:events:details",
        ADMIN,
        "See why a step failed.",
        f"GET {_S}/os-instance-actions/{{request_id}}",
    ),
)
