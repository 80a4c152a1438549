"""Rules that every service builds on: who an administrator is, what a project's members and readers may do.

The roles admin, manager, member and reader imply each other in this order when a token is made, so a rule names only
the least role. `service` stands apart and implies nothing.
"""

from collections.abc import Collection

from cupola.base.policy.rule import Rule

_RULES = (
    Rule("context_is_admin", "role:admin", "An administrator of the cloud.", scope_types=()),
    Rule("admin_required", "role:admin or is_admin:1", "An administrator, in identity's words.", scope_types=()),
    Rule("admin_api", "rule:context_is_admin", "Only an administrator.", scope_types=()),
    Rule("admin_only", "rule:context_is_admin", "Only an administrator, in network's words.", scope_types=()),
    Rule(
        "admin_or_owner",
        "rule:context_is_admin or project_id:%(project_id)s",
        "An administrator, or anybody of the project that owns the resource.",
        scope_types=(),
    ),
    Rule(
        "project_manager_api",
        "role:manager and project_id:%(project_id)s",
        "A manager of the project that owns the resource.",
        scope_types=(),
    ),
    Rule(
        "project_member_api",
        "role:member and project_id:%(project_id)s",
        "A member of the project that owns the resource: may change things.",
        scope_types=(),
    ),
    Rule(
        "project_reader_api",
        "role:reader and project_id:%(project_id)s",
        "A reader of the project that owns the resource: may look.",
        scope_types=(),
    ),
    Rule(
        "project_manager_or_admin",
        "rule:project_manager_api or rule:context_is_admin",
        "A manager of the owning project, or an administrator.",
        scope_types=(),
    ),
    Rule(
        "project_member_or_admin",
        "rule:project_member_api or rule:context_is_admin",
        "A member of the owning project, or an administrator.",
        scope_types=(),
    ),
    Rule(
        "project_reader_or_admin",
        "rule:project_reader_api or rule:context_is_admin",
        "A reader of the owning project, or an administrator.",
        scope_types=(),
    ),
    Rule("service_api", "role:service", "Another service of the cloud.", scope_types=()),
    Rule(
        "service_or_admin",
        "rule:service_api or rule:context_is_admin",
        "Another service of the cloud, or an administrator.",
        scope_types=(),
    ),
)


def base_rules(*, without: Collection[str] = ()) -> tuple[Rule, ...]:
    """The shared rules, save those that a service defines in a way of its own (identity's `admin_or_owner`)."""
    return tuple(rule for rule in _RULES if rule.name not in without)
