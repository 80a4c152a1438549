"""What a trace is made of: nodes in a tree, each something that happened, or was to happen and has not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass
class Node:
    """One thing that happened.

    `kind` is call, transition, operation, step, undo, message, effect or missing; `at` when it began; `seconds` how
    long it took, if it took time and has ended.
    """

    kind: str
    title: str
    at: datetime | None
    seconds: float | None = None
    state: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "title": self.title,
            "at": self.at.isoformat() if self.at else None,
            "seconds": self.seconds,
            "state": self.state,
            "details": dict(self.details),
            "children": [child.to_json() for child in self.children],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Node:
        at = document["at"]
        return cls(
            **{
                **document,
                "at": datetime.fromisoformat(at) if at else None,
                "children": [cls.from_json(child) for child in document["children"]],
            }
        )

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.walk()
