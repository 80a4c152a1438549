"""Passwords: argon2id for new hashes; older formats are checked and replaced when their owner next logs in."""

import os
import threading
from dataclasses import dataclass
from typing import NamedTuple

import argon2

from cupola.base.auth import older_hashes
from cupola.base.auth.older_hashes import UnusableHash


@dataclass(frozen=True, slots=True)
class Cost:
    """What one hash costs: memory in KiB, passes over it, lanes."""

    memory: int = 19 * 1024
    passes: int = 2
    lanes: int = 1


CHEAPEST = Cost(memory=8, passes=1)
"""The least argon2 permits: for tests, where many users are made and nobody guesses."""


class Verification(NamedTuple):
    """Whether the password is right; if so and the stored hash is of an older kind, the one to store instead."""

    ok: bool
    upgraded_hash: str | None


class Passwords:
    """Hashes and checks passwords, as many at a time as there are processors: each takes its memory while it runs."""

    def __init__(self, cost: Cost | None = None) -> None:
        cost = cost or Cost()
        self._hasher = argon2.PasswordHasher(cost.passes, cost.memory, cost.lanes, type=argon2.Type.ID)
        self._slots = threading.BoundedSemaphore(os.cpu_count() or 1)
        self._nobodys = self._hasher.hash(os.urandom(16))

    def hash(self, password: str) -> str:
        """The hash to store."""
        with self._slots:
            return self._hasher.hash(_bytes(password))

    def verify(self, password: str, hash: str) -> Verification:
        """Whether this is the password of the hash, and the hash to store from now on if it should change.

        Raises UnusableHash if the stored hash is of an unknown kind or damaged.
        """
        secret = _bytes(password)
        with self._slots:
            if not hash.startswith("$argon2"):
                ok = older_hashes.verify(secret, hash)
                return Verification(ok, self._hasher.hash(secret) if ok else None)
            try:
                self._hasher.verify(hash, secret)
            except argon2.exceptions.VerifyMismatchError:
                return Verification(False, None)
            except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError) as error:
                raise UnusableHash("the argon2 hash is damaged") from error
            return Verification(True, self._hasher.hash(secret) if self._hasher.check_needs_rehash(hash) else None)

    def verify_nothing(self, password: str) -> Verification:
        """Refuse, in the time that checking a present-day hash takes: for users who do not exist."""
        self.verify(password, self._nobodys)
        return Verification(False, None)


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
