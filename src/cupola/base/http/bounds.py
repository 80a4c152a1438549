"""Numbers that clients may write as text ("ram": "512"): their schema's bounds hold for the text too.

JSON Schema's `minimum` and its like say nothing of strings, so such a schema is given a format of its own that does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from operator import ge, gt, le
from typing import Any

Formats = dict[str, Callable[[object], bool]]

_BOUNDS = {"minimum": ("at least", ge), "exclusiveMinimum": ("more than", gt), "maximum": ("at most", le)}


def with_bounds(schema: Any, formats: Formats) -> Any:
    """The schema, with a format wherever text has bounds; `formats` is given what each of them accepts."""
    if isinstance(schema, list):
        return [with_bounds(part, formats) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    bounded = {name: with_bounds(part, formats) for name, part in schema.items()}
    limits = {word: schema[word] for word in _BOUNDS if isinstance(schema.get(word), (int, float))}
    if limits and "string" in schema.get("type", ()):
        bounded["format"] = name = "number of " + " and ".join(f"{_BOUNDS[word][0]} {limits[word]}" for word in limits)
        formats[name] = lambda value: _is_within(value, limits)
    return bounded


def _is_within(value: object, limits: Mapping[str, float]) -> bool:
    """Whether a text is within its limits, or is no number: that is for its pattern to say."""
    if not isinstance(value, str):
        return True
    try:
        number = Decimal(value)
        return all(_BOUNDS[word][1](number, limit) for word, limit in limits.items())
    except InvalidOperation:
        return True
