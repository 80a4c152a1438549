"""All that other services and the wiring may call of compute."""

from __future__ import annotations

from cupola.compute.logic.flavors import bootstrap
from cupola.compute.logic.metadata import answer as metadata
from cupola.compute.logic.past import forget_before
from cupola.compute.store.servers import needs_image

__all__ = ["bootstrap", "forget_before", "metadata", "needs_image"]
