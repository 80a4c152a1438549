"""Settings of identity: the section `[identity]`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cupola.base.auth.passwords import Cost


@dataclass(frozen=True)
class IdentitySettings:
    """How long tokens live, what a password hash costs, and where the keys of tokens are.

    `token_expiration` is in seconds. `key_directory` None is `keys` in the cloud's state directory.
    `password_memory` is in KiB.
    """

    token_expiration: int = 3600
    key_directory: Path | None = None
    keys_kept: int = 3
    key_rotation: int = 7 * 86400
    """Seconds after which token keys are rotated; more than `token_expiration`, or 0 for never."""
    password_memory: int = 19 * 1024
    password_passes: int = 2
    remembered_callers: int = 10_000
    """Callers of valid tokens kept in memory, so that a token is looked up once and not with each request."""

    @property
    def lifetime(self) -> timedelta:
        return timedelta(seconds=self.token_expiration)

    @property
    def cost(self) -> Cost:
        return Cost(memory=self.password_memory, passes=self.password_passes)
