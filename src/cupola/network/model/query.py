"""What a caller asks of a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cupola.base.db.paging import Page


@dataclass(frozen=True)
class Query:
    """`filters`: column → values, any of which it has. Tags: all of `tags`, any of `tags_any`, and the opposites."""

    filters: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    tags_any: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()
    not_tags_any: tuple[str, ...] = ()
    page: Page = field(default_factory=Page)
