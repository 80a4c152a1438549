"""Checks bodies and queries against the schemas that routes declare.

jsonschema-rs decides (2 µs); only a refusal is worded, by jsonschema, which finds the field that matters most.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

import jsonschema_rs
import orjson

from cupola.base.errors import BadInput
from cupola.base.http.bounds import Formats, with_bounds
from cupola.base.http.routes import Schema

DEEPEST = 100
"""levels of lists and objects in each other"""
_SECRETS = ("password", "adminpass", "secret", "token", "private_key", "user_data")
"""Parts of the names of fields whose values are nobody else's business."""
_UNREADABLE = re.compile(r"\x00|\d{1001}")
"""What no thing is called by, PostgreSQL does not take, or `int` refuses by itself."""
_LONG_NUMBER = re.compile(rb"\d{19}")


class InvalidField(BadInput):
    """A field of a body or query is not as its schema says."""

    def __init__(self, message: str, path: str, value: Any, reason: str) -> None:
        super().__init__(message)
        self.path, self.value, self.reason = path, value, reason

    @property
    def noted(self) -> str:
        """Without the value, which may be a password."""
        return f"Invalid input for {self.path or 'the body'}."


class MalformedBody(BadInput):
    """The body is not JSON."""


def parse(data: bytes) -> Any:
    """Read JSON. Raises MalformedBody, InvalidField.

    Integers beyond 64 bits, which orjson would make floats of, keep their value so that the schema can refuse them.
    Refused are also the character NUL, which no name has and PostgreSQL cannot store, and what is nested so deeply that
    it could be read but not be written again.
    """
    try:
        value = _exactly(data) if _LONG_NUMBER.search(data) else orjson.loads(data)
    except (ValueError, RecursionError) as error:
        raise MalformedBody(f"Malformed request body: {error}") from error
    if data.count(b"[") + data.count(b"{") > DEEPEST and not _is_flat(value, DEEPEST):
        raise MalformedBody(f"Malformed request body: it is nested more than {DEEPEST} levels deep.")
    if rb"\u0000" in data and (path := _path_to_nul(value)) is not None:
        named = f"Invalid input for field/attribute {path.rpartition('/')[2]}. " if path else ""
        message = f"{named}The character NUL is not allowed."
        raise InvalidField(message, path, None, message)
    return value


def is_readable(text: str) -> bool:
    """Whether a part of a URL can be used: it has no NUL, and no number that is longer than anybody means."""
    return _UNREADABLE.search(text) is None


def _exactly(data: bytes) -> Any:
    """As strict as orjson, with integers of any length."""
    value = json.loads(data.decode(), parse_constant=_finite, parse_float=_finite)
    json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair is no text
    return value


def _finite(text: str) -> float:
    if math.isinf(value := float(text)) or math.isnan(value):
        raise ValueError(f"{text} is not a number of JSON")
    return value


def _is_flat(value: Any, levels: int) -> bool:
    """Whether a value is nested at most so deeply."""
    if not isinstance(value, (dict, list)):
        return True
    parts = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_flat(part, levels - 1) for part in parts)


def _path_to_nul(value: Any, path: str = "") -> str | None:
    """The names that lead to the first NUL; None if there is none."""
    if isinstance(value, str):
        return path if "\x00" in value else None
    parts: list[tuple[Any, str]] = []
    if isinstance(value, dict):
        parts = [(name, path) for name in value]
        parts += [(part, f"{path}/{name}" if path else name) for name, part in value.items()]
    elif isinstance(value, list):
        parts = [(part, path) for part in value]
    return next((found for part, at in parts if (found := _path_to_nul(part, at)) is not None), None)


class _Checker:
    def __init__(self, schema: Schema) -> None:
        self.declared = schema
        self.formats: Formats = {}
        self.schema = with_bounds(schema, self.formats)
        self.accepts = jsonschema_rs.validator_for(self.schema, validate_formats=True, formats=self.formats)


_CHECKERS: dict[int, _Checker] = {}
"""By identity: schemas are module constants, and a checker keeps its own alive."""


def _checker(schema: Schema) -> _Checker:
    if id(schema) not in _CHECKERS:
        _CHECKERS[id(schema)] = _Checker(schema)
    return _CHECKERS[id(schema)]


def check(schema: Schema, value: Any, query: bool = False) -> None:
    """Raises InvalidField, naming the field of a body, or parameter of a query, its value and what is wrong with it."""
    checker = _checker(schema)
    if checker.accepts.is_valid(value):
        return
    raise _worded(checker, value, query)


def _worded(checker: _Checker, value: Any, query: bool) -> InvalidField:
    import jsonschema

    schema = checker.schema
    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    formats = jsonschema.FormatChecker()
    formats.checkers = kind.FORMAT_CHECKER.checkers | {name: (within, ()) for name, within in checker.formats.items()}
    error = jsonschema.exceptions.best_match(  # type: ignore[no-untyped-call]
        kind(schema, format_checker=formats).iter_errors(value)
    )
    if error is None:
        return InvalidField("The body does not match its schema.", "", value, "does not match its schema")
    path = "/".join(str(part) for part in error.absolute_path)
    worded = isinstance(error.schema, Mapping) and error.validator in ("pattern", "format", "not")
    reason = error.schema.get("error", error.message) if worded else error.message
    shown = _shown(error.instance, path.rpartition("/")[2])
    reason = reason.replace(repr(error.instance), repr(shown))
    if not path:
        return InvalidField(reason, "", shown, reason)
    named = f"query parameters {error.absolute_path[0]}" if query else f"field/attribute {error.absolute_path[-1]}"
    message = f"Invalid input for {named}. Value: {shown}. {reason}"
    return InvalidField(message, path, shown, reason)


def _shown(value: Any, name: str) -> Any:
    """The value as an answer may repeat it and the ledger may keep it."""
    if any(secret in name.lower() for secret in _SECRETS):
        return "***"
    if isinstance(value, dict):
        return {key: _shown(part, key) for key, part in value.items()}
    return [_shown(part, name) for part in value] if isinstance(value, list) else value
