"""Checks that many rules of identity are made of, and the scopes of token they may be used with."""

ADMIN = "rule:admin_required"
READER = "rule:admin_required or (role:reader and system_scope:all)"
"""An administrator, or whoever may read the whole system."""

SYSTEM = ("system", "project")
ANY = ("system", "domain", "project")


def of_domain(role: str, attribute: str) -> str:
    """A role in the domain that the target's attribute names."""
    return f"(role:{role} and domain_id:%(target.{attribute})s)"


def of_home(role: str, attribute: str) -> str:
    """The same for projects, of which those that are domains themselves have none."""
    return f"(role:{role} and domain_id:%(target.{attribute})s and not None:%(target.{attribute})s)"
