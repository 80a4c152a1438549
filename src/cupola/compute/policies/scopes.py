"""Who may, in the terms that compute's rules share."""

from cupola.base.policy import Rule

ADMIN = "rule:context_is_admin"
MEMBER = "rule:project_member_or_admin"
MANAGER = "rule:project_manager_or_admin"
READER = "rule:project_reader_or_admin"


def rule(name: str, check: str, description: str, *operations: str) -> Rule:
    """A rule of this service; `operations` are written "GET /servers"."""
    pairs = tuple((method, path) for method, _, path in (operation.partition(" ") for operation in operations))
    return Rule(f"os_compute_api:{name}", check, description, pairs)
