"""Projects that a request names: they must be there."""

from __future__ import annotations

from cupola.base.context import Context
from cupola.base.errors import BadInput
from cupola.identity import interface as identity


class NoSuchProject(BadInput):
    def __init__(self, project_id: str) -> None:
        super().__init__(f"Project ID {project_id} is not a valid project.")


def check(ctx: Context, project_id: str) -> None:
    """Raises NoSuchProject."""
    if not ctx.read("project.check", lambda tx: identity.project_exists(tx, project_id)):
        raise NoSuchProject(project_id)
