"""A rule: a name that routes and `logic` use, and the check that answers for it."""

from collections.abc import Sequence
from dataclasses import dataclass

CheckSource = str | Sequence[str | Sequence[str]]
"""A check as it is written: the policy language, or the older list of lists (outer `or`, inner `and`)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One named rule with its default check.

    `operations` are the (method, path) pairs it guards; a building block for other rules guards none.
    `scope_types` are the token scopes it may be used with ("project", "domain", "system"); empty means any.
    """

    name: str
    check: CheckSource
    description: str
    operations: tuple[tuple[str, str], ...] = ()
    scope_types: tuple[str, ...] = ("project",)
