"""Who may use placement: administrators and the other services, and readers of a project its usages."""

from __future__ import annotations

from cupola.base.policy import Rule

ADMIN_OR_SERVICE = "rule:admin_or_service_api"

RULES = (
    Rule("admin_or_service_api", "role:admin or role:service", "An administrator or another service.", scope_types=()),
    Rule(
        "admin_or_project_reader_or_service_api",
        "role:admin or rule:project_reader_api or role:service",
        "A reader of the project too.",
        scope_types=(),
    ),
)


def rule(name: str, description: str, *operations: str) -> Rule:
    """A rule for administrators and services; `operations` are written "GET /traits"."""
    pairs = tuple((method, path) for method, _, path in (one.partition(" ") for one in operations))
    return Rule(f"placement:{name}", ADMIN_OR_SERVICE, description, pairs)
