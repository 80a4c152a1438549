"""Identifiers. Made in one place and handed in, so that a seeded run of the simulator makes the same ones again."""

from __future__ import annotations

import random
import re
import uuid
from typing import Protocol

_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
_REQUEST_ID = re.compile(r"req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Ids(Protocol):
    """Makes identifiers."""

    def uuid(self) -> str:
        """A new random UUID with dashes (compute, image, network)."""
        ...


class RandomIds:
    """Identifiers from the system's randomness."""

    def uuid(self) -> str:
        return str(uuid.uuid4())


class SeededIds:
    """Identifiers that depend on a seed only."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable by purpose

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))


def hex_id(ids: Ids) -> str:
    """A new UUID without dashes (identity)."""
    return ids.uuid().replace("-", "")


def request_id(ids: Ids) -> str:
    return f"req-{ids.uuid()}"


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID, with or without dashes."""
    return _UUID.fullmatch(text) is not None


def is_request_id(text: str) -> bool:
    return _REQUEST_ID.fullmatch(text) is not None
