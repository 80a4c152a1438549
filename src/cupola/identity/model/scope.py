"""What a token is for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """At most one of a project, a domain and the system; none of them: unscoped."""

    project_id: str | None = None
    domain_id: str | None = None
    system: bool = False

    @property
    def unscoped(self) -> bool:
        return self == UNSCOPED


UNSCOPED = Scope()
