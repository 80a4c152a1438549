"""From a tree to a closure: what a check costs at run time is decided here.

A closure takes the caller's credentials and the target's attributes. What cannot be answered (an attribute that the
target or the caller does not have) is a plain "no", so a missing fact never opens a door except under `not`.
"""

import ast
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches

from cupola.base.policy.parse import And, Check, Constant, Node, Not, Or

Attributes = Mapping[str, object]
Decision = Callable[[Attributes, Attributes], bool]
Expected = Callable[[Attributes], str | None]

CREDENTIALS = frozenset(
    [
        *("user_id", "user_name", "user_domain_id", "user_domain_name"),
        *("project_id", "project_name", "project_domain_id", "project_domain_name"),
        *("domain_id", "domain_name", "system_scope", "roles", "is_admin", "is_admin_project", "token", "trust_id"),
        *("service_user_id", "service_user_domain_id", "service_project_id", "service_project_domain_id"),
        *("service_roles", "user", "tenant", "tenant_id", "host"),
    ]
)
"""What a check may ask of a caller; `token.…` reaches into the token, as identity rules do."""

_ABSENT = object()
_LISTS = (list, tuple, set, frozenset)
_PLACEHOLDER = re.compile(r"%\(([^()]+)\)s|%%|%")


def compile_node(node: Node, rule: Callable[[str], Decision]) -> Decision:
    """The closure of a tree; `rule` gives the closure of a rule referred to by name.

    Raises ValueError with the cause, and whatever `rule` raises.
    """
    match node:
        case Constant(allowed):
            return lambda credentials, target: allowed
        case Not(part):
            inner = compile_node(part, rule)
            return lambda credentials, target: not inner(credentials, target)
        case And(parts):
            return _all([compile_node(part, rule) for part in parts])
        case Or(parts):
            return _any([compile_node(part, rule) for part in parts])
        case Check("rule", name):
            return rule(name)
        case Check("role", name):
            return _role(_expected(name))
        case Check("field", name):
            return _field(name)
        case Check(kind, expected):
            return _value(kind, _expected(expected))


def _all(parts: list[Decision]) -> Decision:
    if len(parts) == 2:
        first, second = parts
        return lambda credentials, target: first(credentials, target) and second(credentials, target)

    def decide(credentials: Attributes, target: Attributes) -> bool:
        for part in parts:  # noqa: SIM110 - a loop costs a third of all() with a generator
            if not part(credentials, target):
                return False
        return True

    return decide


def _any(parts: list[Decision]) -> Decision:
    if len(parts) == 2:
        first, second = parts
        return lambda credentials, target: first(credentials, target) or second(credentials, target)

    def decide(credentials: Attributes, target: Attributes) -> bool:
        for part in parts:  # noqa: SIM110 - as above
            if part(credentials, target):
                return True
        return False

    return decide


def _role(expected: str | Expected) -> Decision:
    """`role:x`: the caller holds the role; letter case does not matter."""

    def holds(credentials: Attributes, role: str) -> bool:
        held = credentials.get("roles")
        if not isinstance(held, _LISTS):
            return False
        if role in held:
            return True
        for name in held:  # noqa: SIM110 - as above
            if name.lower() == role:
                return True
        return False

    if isinstance(expected, str):
        constant = expected.lower()
        return lambda credentials, target: holds(credentials, constant)

    def decide(credentials: Attributes, target: Attributes) -> bool:
        role = expected(target)
        return role is not None and holds(credentials, role.lower())

    return decide


def _field(text: str) -> Decision:
    """`field:networks:shared=True` (network rules): the target's own attribute has a value, or matches `~pattern`."""
    resource, _, condition = text.partition(":")
    name, equals, value = condition.partition("=")
    if not (resource and name and equals):
        raise ValueError(f'"field:{text}" is not of the form field:resource:attribute=value')
    try:
        pattern = re.compile(value[1:]) if value.startswith("~") else None
    except re.error as error:
        raise ValueError(f'"field:{text}" holds a bad pattern: {error}') from error

    def decide(credentials: Attributes, target: Attributes) -> bool:
        found = target.get(name)
        if found is None:
            return False
        if pattern is not None:
            return pattern.match(str(found)) is not None
        return str(found).lower() == value.lower() if isinstance(found, bool) else str(found) == value

    return decide


def _value(kind: str, expected: str | Expected) -> Decision:
    """`kind:match`, where kind is a literal ('public', True, 1) or a credential, if need be dotted."""
    wanted: Expected = (lambda target: expected) if isinstance(expected, str) else expected
    try:
        literal = str(ast.literal_eval(kind))
    except (ValueError, SyntaxError):
        pass
    else:
        return lambda credentials, target: literal == wanted(target)

    name, *path = kind.split(".")
    if name not in CREDENTIALS:
        near = get_close_matches(name, [*CREDENTIALS, "rule", "role", "field"])
        hint = f"; near to it: {', '.join(near)}" if near else ""
        raise ValueError(f'unknown kind of check "{kind}"{hint}')

    def decide(credentials: Attributes, target: Attributes) -> bool:
        held = credentials.get(name, _ABSENT)
        if path or held is _ABSENT or isinstance(held, _LISTS):
            match = wanted(target)
            return match is not None and _holds(held, path, match)
        return str(held) == wanted(target)

    return decide


def _holds(held: object, path: list[str], expected: str) -> bool:
    """Whether `expected` is found at the end of `path`; of a list, one element suffices."""
    if isinstance(held, _LISTS):
        return any(_holds(element, path, expected) for element in held)
    if not path:
        return held is not _ABSENT and str(held) == expected
    return isinstance(held, Mapping) and _holds(held.get(path[0], _ABSENT), path[1:], expected)


def _expected(match: str) -> str | Expected:
    """The right-hand side of a check: a constant, or a text filled in from the target (None: it lacks a name)."""
    if not _PLACEHOLDER.search(match):
        return match
    if only := re.fullmatch(r"%\(([^()]+)\)s", match):
        return _attribute(only[1])
    parts: list[Expected] = []
    end = 0
    for found in _PLACEHOLDER.finditer(match):
        if found[0] == "%":
            raise ValueError(f'"{match}": a "%" must be part of %(name)s or doubled')
        parts.append(_constant(match[end : found.start()]))
        parts.append(_attribute(found[1]) if found[1] else _constant("%"))
        end = found.end()
    parts.append(_constant(match[end:]))

    def fill(target: Attributes) -> str | None:
        texts = [part(target) for part in parts]
        return None if None in texts else "".join(text for text in texts if text)

    return fill


def _constant(text: str) -> Expected:
    return lambda target: text


def _attribute(name: str) -> Expected:
    """A target's attribute as text: the whole name as a key, else a dotted name as a way through nested mappings."""
    path = name.split(".")

    def find(target: Attributes) -> str | None:
        value = target.get(name, _ABSENT)
        if value is _ABSENT and len(path) > 1:
            value = target
            for key in path:
                value = value.get(key, _ABSENT) if isinstance(value, Mapping) else _ABSENT
        return None if value is _ABSENT else str(value)

    return find
