"""What a list of images is to contain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Operator = Literal["eq", "neq", "gt", "gte", "lt", "lte", "in"]


@dataclass(frozen=True)
class Condition:
    """A column compared with a value (with a tuple of values for `in`)."""

    column: str
    operator: Operator
    value: Any


@dataclass(frozen=True)
class Selection:
    """All conditions of a list; `visibility` None lists what a project works with, "all" community images too.

    `member_status` picks the shared images by what the caller's project answered ("all": whatever it answered).
    """

    conditions: tuple[Condition, ...] = ()
    properties: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()
    visibility: str | None = None
    member_status: str = "accepted"
