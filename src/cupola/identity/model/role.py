"""Roles, and what holding one implies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

WHOLE_CLOUD = ""
"""The domain of the roles that belong to none."""


@dataclass(frozen=True)
class Role:
    id: str
    name: str
    domain_id: str = WHOLE_CLOUD
    description: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    generation: int = 1

    @property
    def of_the_cloud(self) -> bool:
        return self.domain_id == WHOLE_CLOUD

    @property
    def immutable(self) -> bool:
        return bool(self.options.get("immutable"))


@dataclass(frozen=True)
class Implication:
    """Whoever holds the prior role holds the implied one."""

    prior_id: str
    implied_id: str


@dataclass(frozen=True)
class RoleGraph:
    """All roles of the cloud with what they imply."""

    roles: Mapping[str, Role]
    implied: Mapping[str, tuple[str, ...]]

    def expanded(self, held: Iterable[str]) -> list[Role]:
        """The roles with these ids and all that they imply, each once, those held first.

        A role of a domain counts by what it implies only: else who may make roles in a domain could make one called
        "admin".
        """
        found: dict[str, None] = {}
        waiting = list(held)
        while waiting:
            role_id = waiting.pop(0)
            if role_id in self.roles and role_id not in found:
                found[role_id] = None
                waiting.extend(self.implied.get(role_id, ()))
        return [role for role in map(self.roles.__getitem__, found) if role.of_the_cloud]

    @property
    def idle(self) -> list[str]:
        """The ids of roles that give nothing: those of domains that imply none of the cloud."""
        return [role_id for role_id in self.roles if not self.expanded([role_id])]
