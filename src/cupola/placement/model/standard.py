"""The standard resource classes and traits, as the libraries that define them have them."""

from __future__ import annotations

import os_resource_classes
import os_traits

CUSTOM = "CUSTOM_"
RESOURCE_CLASSES: tuple[str, ...] = tuple(os_resource_classes.STANDARDS)
TRAITS: tuple[str, ...] = tuple(sorted(os_traits.get_traits()))  # type: ignore[no-untyped-call]
KNOWN_CLASSES, KNOWN_TRAITS = frozenset(RESOURCE_CLASSES), frozenset(TRAITS)
SHARES = "MISC_SHARES_VIA_AGGREGATE"
"""The trait of a provider whose inventory all members of its aggregates may use."""
