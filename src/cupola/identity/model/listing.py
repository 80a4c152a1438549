"""What a list request asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
COMPARATORS = ("equals", "contains", "startswith", "endswith", "icontains", "istartswith", "iendswith")


@dataclass(frozen=True)
class Filter:
    """A condition on an attribute: `comparator` is one of COMPARATORS."""

    name: str
    value: str | bool | None
    comparator: str = "equals"


@dataclass(frozen=True)
class Wanted:
    """Filters, and the page: at most `limit` after the one whose id is `marker`."""

    filters: tuple[Filter, ...] = ()
    limit: int | None = None
    marker: str | None = None

    def also(self, condition: Filter) -> Wanted:
        return Wanted((*self.filters, condition), self.limit, self.marker)

    def value_of(self, name: str) -> str | bool | None:
        """What an attribute must equal; None if that was not asked for."""
        return next((f.value for f in self.filters if f.name == name and f.comparator == "equals"), None)


ALL = Wanted()


@dataclass(frozen=True)
class Listed(Generic[T]):
    """A page, and whether there is more after it."""

    rows: Sequence[T]
    more: bool = False
