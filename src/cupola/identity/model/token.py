"""A token that was found valid, with what it names."""

from __future__ import annotations

from dataclasses import dataclass

from cupola.base.auth.fernet import Payload
from cupola.base.context import Caller
from cupola.identity.model.domain import Domain
from cupola.identity.model.project import Project
from cupola.identity.model.role import Role
from cupola.identity.model.scope import Scope
from cupola.identity.model.user import User


@dataclass(frozen=True)
class Holding:
    """A user within a scope: who, where and as what. `domain` is the project's, or the one that is the scope itself."""

    user: User
    user_domain: Domain
    scope: Scope
    project: Project | None = None
    domain: Domain | None = None
    roles: tuple[Role, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether all that is named here is enabled, and the scope, if there is one, held with a role at least."""
        enabled = self.user.enabled and self.user_domain.enabled
        if self.scope.unscoped or not enabled:
            return enabled
        if self.scope.project_id is not None and (self.project is None or not self.project.enabled):
            return False
        if not self.scope.system and (self.domain is None or not self.domain.enabled):
            return False
        return bool(self.roles)

    def caller(self) -> Caller:
        return Caller(
            user_id=self.user.id,
            user_name=self.user.name,
            user_domain_id=self.user.domain_id,
            project_id=self.scope.project_id,
            project_name=self.project.name if self.project else None,
            project_domain_id=self.project.domain_id if self.project else None,
            domain_id=self.scope.domain_id,
            system=self.scope.system,
            roles=tuple(role.name.lower() for role in self.roles),
        )


@dataclass(frozen=True)
class Token:
    """What a valid token says and what that means today."""

    payload: Payload
    holding: Holding
