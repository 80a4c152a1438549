"""The policy language: from text to a tree.

`not` binds tighter than `and`, `and` tighter than `or`; the three words are case-insensitive. The empty text and `@`
allow, `!` denies, anything else is a check `kind:match`. A text that is not of this form is refused, never guessed at.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cupola.base.policy.rule import CheckSource


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same answer."""

    allowed: bool


@dataclass(frozen=True, slots=True)
class Check:
    """A single question, such as `role:member`."""

    kind: str
    match: str


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of its part."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """All parts allow."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part allows."""

    parts: tuple["Node", ...]


Node = Constant | Check | Not | And | Or


def parse(source: CheckSource) -> Node:
    """The tree of a check in either notation.

    Raises ValueError with the cause.
    """
    if isinstance(source, str):
        return _Text(source).tree() if source else Constant(True)
    if not isinstance(source, list | tuple):
        raise ValueError(f'the check is {source!r}; write a text ("" allows everybody)')
    return _parse_lists(source)


def references(node: Node) -> Iterator[str]:
    """Names of the rules that a tree refers to."""
    match node:
        case Check("rule", name):
            yield name
        case Not(part):
            yield from references(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from references(part)


def _parse_lists(source: list[object] | tuple[object, ...]) -> Node:
    if not source:
        return Constant(True)
    alternatives: list[Node] = []
    for inner in source:
        texts = [inner] if isinstance(inner, str) else inner
        if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
            raise ValueError(f"{inner!r} is neither a text nor a list of texts")
        if texts:
            alternatives.append(And(tuple(_parse_check(text) for text in texts)))
    return Or(tuple(alternatives)) if alternatives else Constant(False)


def _parse_check(text: str) -> Node:
    if text in ("@", "!"):
        return Constant(text == "@")
    kind, colon, match = text.partition(":")
    if not (kind and colon):
        raise ValueError(f'"{text}" is not a check of the form kind:value')
    return Check(kind, match)


def _tokens(text: str) -> Iterator[str]:
    """Words, and parentheses where they stand at either end of a word: inside one they belong to `%(name)s`."""
    for word in text.split():
        bare = word.lstrip("(")
        yield from "(" * (len(word) - len(bare))
        core = bare.rstrip(")")
        if core:
            yield core
        yield from ")" * (len(bare) - len(core))


class _Text:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    def tree(self) -> Node:
        node = self._any()
        if self._at < len(self._tokens):
            raise ValueError(f'unexpected "{self._tokens[self._at]}" after "{" ".join(self._tokens[: self._at])}"')
        return node

    def _take(self, word: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at].lower() == word
        self._at += found
        return found

    def _any(self) -> Node:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return Or(tuple(parts)) if len(parts) > 1 else parts[0]

    def _all(self) -> Node:
        parts = [self._one()]
        while self._take("and"):
            parts.append(self._one())
        return And(tuple(parts)) if len(parts) > 1 else parts[0]

    def _one(self) -> Node:
        if self._take("not"):
            return Not(self._one())
        if self._take("("):
            node = self._any()
            if not self._take(")"):
                raise ValueError('a ")" is missing')
            return node
        if self._at == len(self._tokens):
            raise ValueError("the text ends where a check is expected")
        word = self._tokens[self._at]
        if re.fullmatch(r"\(|\)|and|or|(['\"]).*\1", word, re.IGNORECASE):
            raise ValueError(f"{word} stands where a check is expected")
        self._at += 1
        return _parse_check(word)
