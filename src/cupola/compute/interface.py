"""All that other services and the wiring may call of compute."""

from __future__ import annotations

from cupola.compute.logic.flavors import bootstrap
from cupola.compute.logic.metadata import answer as metadata

__all__ = ["bootstrap", "metadata"]
