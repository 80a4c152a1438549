"""The attributes a client sends: those the resource has, and those it is to keep for the client."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from cupola.base.errors import BadInput
from cupola.identity.errors import Immutable

_TRUE = (True, "true", "1", "y", "on", "yes")
_NOT_KEPT = ("id", "links")


def split(given: Mapping[str, Any], known: Collection[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is given of the known attributes, and all else; `enabled` becomes a bool."""
    own = {name: value for name, value in given.items() if name in known}
    if "enabled" in own:
        own["enabled"] = truth(own["enabled"])
    return own, {name: value for name, value in given.items() if name not in known and name not in _NOT_KEPT}


def truth(value: bool | str | None) -> bool:
    """A boolean as clients of identity write it; nothing said is true."""
    if value is None or value == "":
        return True
    return (value.lower() if isinstance(value, str) else value) in _TRUE


def unchanged(given: Mapping[str, Any], seen: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Refuse to change the attributes `names` (with how each is called). Raises BadInput."""
    for name, called in names.items():
        if name in given and given[name] != seen[name]:
            raise BadInput(f"Cannot change {called}")


def deletable(kind: str, resource_id: str, options: Mapping[str, Any]) -> None:
    """Raises Immutable."""
    if options.get("immutable"):
        raise Immutable(kind, "delete", resource_id)


def changeable(kind: str, resource_id: str, options: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Refuse to change what is immutable, unless it is to be so no more. Raises Immutable."""
    if options.get("immutable") and given.get("options", {}).get("immutable", True):
        raise Immutable(kind, "update", resource_id)


def merged(options: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Options with changes: null takes one away."""
    return {name: value for name, value in {**options, **changes}.items() if value is not None}
