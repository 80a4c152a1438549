"""What a list of servers is asked for: filters in the words of the table, each None or empty when not asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from cupola.compute.model.states import StateFilter

Value = str | int | bool | datetime | None


@dataclass(frozen=True)
class Listing:
    """`equal` and `matching` (regular expressions) are by column. `deleted` None finds both kinds."""

    deleted: bool | None = False
    states: Sequence[StateFilter] | None = None
    ids: Sequence[str] | None = None
    changes_since: datetime | None = None
    changes_before: datetime | None = None
    equal: Mapping[str, Value] = field(default_factory=dict)
    matching: Mapping[str, str] = field(default_factory=dict)
    tags: Sequence[str] = ()
    tags_any: Sequence[str] = ()
    not_tags: Sequence[str] = ()
    not_tags_any: Sequence[str] = ()

    def limited_to(self, ids: Sequence[str]) -> Listing:
        """The same, of these servers only."""
        return replace(self, ids=ids)
