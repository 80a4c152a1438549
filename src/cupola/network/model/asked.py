"""What a caller asks of one resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Asked:
    """`values` by attribute as the API calls it: all of them for a new resource, only those given for a change.

    `rules` are the policy rules that the given attributes need beyond that of the request itself.
    """

    values: Mapping[str, Any]
    rules: tuple[str, ...] = field(default=())

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def get(self, name: str, default: Any = None) -> Any:
        return self.values.get(name, default)

    def __contains__(self, name: str) -> bool:
        return name in self.values
