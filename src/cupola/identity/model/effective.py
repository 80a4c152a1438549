"""Role assignments as they work out for single users and projects."""

from __future__ import annotations

from dataclasses import dataclass

from cupola.identity.model.assignment import Assignment


@dataclass(frozen=True)
class Listing:
    """An assignment as it is listed: as it was given, or as it works out.

    `given` is the assignment that led to it. `membership` is the group whose member got it, `prior_role_id` the role
    that implies it.
    """

    shown: Assignment
    given: Assignment
    membership: str | None = None
    prior_role_id: str | None = None


@dataclass(frozen=True)
class Named:
    """Name and domain of something listed."""

    name: str
    domain_id: str | None
