"""Building blocks of the network service's rules: who owns a thing, its network or its security group."""

from __future__ import annotations

from cupola.base.policy import Rule

ADMIN = "rule:admin_only"
MEMBER = "(rule:admin_only) or (role:member and project_id:%(project_id)s)"
READER = "(rule:admin_only) or (role:reader and project_id:%(project_id)s)"
MANAGER = "(rule:admin_only) or (role:manager and project_id:%(project_id)s)"
ANY_READER = "role:reader"


def _part(name: str, check: str, description: str) -> Rule:
    return Rule(name, check, description, scope_types=())


RULES: tuple[Rule, ...] = (
    _part("owner", "project_id:%(project_id)s", "The project that owns the resource."),
    _part("regular_user", "", "Anybody."),
    _part("context_is_advsvc", "role:advsvc", "An advanced network service."),
    _part("network_owner", "project_id:%(network:project_id)s", "The project that owns the network."),
    _part(
        "admin_or_network_owner",
        "rule:context_is_admin or project_id:%(network:project_id)s",
        "An administrator, or the project that owns the network.",
    ),
    _part(
        "admin_owner_or_network_owner",
        "rule:owner or rule:admin_or_network_owner",
        "An administrator, or the project that owns the resource or its network.",
    ),
    _part("shared", "field:networks:shared=True", "The network is shared with all projects."),
    _part("external", "field:networks:router:external=True", "The network leads outside."),
    _part("external_network", "field:subnets:router:external=True", "The subnet's network leads outside."),
    _part("network_device", "field:port:device_owner=~^network:", "A port of the network service itself."),
    _part("compute_device", "field:port:device_owner=~^compute:", "A port of a server."),
    _part("baremetal_device", "field:port:device_owner=~^baremetal:", "A port of a bare-metal machine."),
    _part("manila_device", "field:port:device_owner=~^manila:", "A port of a shared file system."),
    _part("sg_owner", "project_id:%(security_group:project_id)s", "The project that owns the security group."),
    _part(
        "admin_or_sg_owner",
        "rule:context_is_admin or project_id:%(security_group:project_id)s",
        "An administrator, or the project that owns the security group.",
    ),
    _part("shared_security_group", "field:security_groups:shared=True", "The security group is shared."),
)
