"""Frozen documents that travel as JSON: one codec for all of them, driven by their type hints.

A document is a frozen dataclass of strings, numbers, booleans, None, tuples, string-keyed mappings and documents.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Self, Union, get_args, get_origin, get_type_hints

import orjson


class Document:
    """Gives a frozen dataclass `to_json` and `from_json`."""

    def to_json(self) -> dict[str, Any]:
        """This document as JSON has it (tuples are lists)."""
        plain: dict[str, Any] = orjson.loads(orjson.dumps(self))  # a twentieth of what `asdict` costs
        return plain

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The document that `value` describes; unknown keys are ignored.

        Raises ValueError for a missing field or a value of another type.
        """
        kind: Any = cls
        try:
            document: Self = _decoder(kind)(value)
        except _Misfit as misfit:
            raise ValueError(f"{cls.__name__}{''.join(reversed(misfit.where))}{misfit}") from None
        return document


class _Misfit(Exception):
    """A value that is not what a type asks for; `where` is its place in the document, the innermost part first."""

    def __init__(self, said: str, *where: str) -> None:
        super().__init__(said)
        self.where = list(where)

    def within(self, place: str) -> _Misfit:
        self.where.append(place)
        return self


Decode = Callable[[Any], Any]


@cache  # documents are large, and come again with each change of a few words in them
def _decoder(kind: Any) -> Decode:
    """What makes values of a type of what JSON has; it raises _Misfit."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        (only,) = [each for each in arguments if each is not type(None)]
        decode = _decoder(only)
        return (lambda value: None if value is None else decode(value)) if type(None) in arguments else decode
    if is_dataclass(kind):
        return _document_decoder(kind)
    if origin is tuple:
        return _list_decoder(_decoder(arguments[0]))
    if origin is Mapping:
        return _object_decoder(_decoder(arguments[1]))

    def decode_plain(value: Any) -> Any:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise _unexpected(kind.__name__, value)
        return value

    return decode_plain


def _list_decoder(decode: Decode) -> Decode:
    def decode_list(value: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise _unexpected("a list", value)
        found = []
        try:
            for each in value:
                found.append(decode(each))
        except _Misfit as misfit:
            raise misfit.within(f"[{len(found)}]") from None
        return tuple(found)

    return decode_list


def _object_decoder(decode: Decode) -> Decode:
    def decode_object(value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise _unexpected("an object", value)
        found = {}
        for key, each in value.items():
            try:
                found[str(key)] = decode(each)
            except _Misfit as misfit:
                raise misfit.within(f".{key}") from None
        return found

    return decode_object


def _document_decoder(kind: Any) -> Decode:
    hints = get_type_hints(kind)
    decoders = {field.name: _decoder(hints[field.name]) for field in fields(kind)}
    required = {each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING}

    def decode_document(value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise _unexpected("an object", value)
        given = {}
        for name, decode in decoders.items():
            if name in value:
                try:
                    given[name] = decode(value[name])
                except _Misfit as misfit:
                    raise misfit.within(f".{name}") from None
            elif name in required:
                raise _Misfit(" is missing", f".{name}")
        return kind(**given)

    return decode_document


def _unexpected(expected: str, value: Any) -> _Misfit:
    return _Misfit(f": expected {expected}, got {type(value).__name__}")
