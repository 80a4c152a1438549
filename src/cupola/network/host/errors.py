"""Errors of a network host."""

from __future__ import annotations

from cupola.base.effects import Effect
from cupola.base.errors import OperatorsError


class HostError(OperatorsError):
    """The host could not be made as wanted. `effects` is what was done until then, the failed call last."""

    def __init__(self, message: str, effects: list[Effect] | None = None) -> None:
        super().__init__(message)
        self.effects = effects or []


class StaleGeneration(Exception):
    """A document is older than what this host was told already; it is refused."""


class ConflictingGeneration(Exception):
    """A document has the generation of an earlier one but says something else; it is refused."""
