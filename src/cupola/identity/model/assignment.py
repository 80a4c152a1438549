"""Who holds which role where."""

from __future__ import annotations

from dataclasses import dataclass

SYSTEM = "system"
"""The only target of its type."""


@dataclass(frozen=True)
class Assignment:
    """A role given to a user or group on a project, a domain or the system.

    An inherited one does not count on its target itself, but on all projects below it.
    """

    actor_type: str
    actor_id: str
    target_type: str
    target_id: str
    role_id: str
    inherited: bool = False
