"""A trace as a person reads it: one line a node, with the time since the first and how long it took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from cupola.lens.node import Node

_MARKS = {"failed": "✗", "undone": "✗", "missing": "?", "waiting": "…", "running": "…", "out": "…", "undoing": "✗"}
LONGEST_TITLE = 160
_SHOWN = ("caller", "sql", "owner", "received", "done", "sent_again", "error", "result")


def lines(trees: Sequence[Node]) -> Iterator[str]:
    """The lines of several trees, times counted from the first of all."""
    start = min((node.at for tree in trees for node in tree.walk() if node.at), default=None)
    for number, tree in enumerate(trees):
        if number:
            yield ""
        yield f"{tree.at:%Y-%m-%d %H:%M:%S} {tree.details['request_id']}" if tree.at else tree.details["request_id"]
        yield from _node(tree, start, "", "")


def _node(node: Node, start: datetime | None, first: str, rest: str) -> Iterator[str]:
    since = f"{(node.at - start).total_seconds() * 1000:9.1f}" if node.at and start else " " * 9
    took = f"{node.seconds * 1000:9.1f} ms" if node.seconds is not None else " " * 12
    mark = _MARKS.get(node.state, " ")
    yield f"{since} {took} {mark} {first}{_one_line(node.title)}{_details(node)}"
    for number, child in enumerate(node.children):
        last = number == len(node.children) - 1
        yield from _node(child, start, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "))


def _one_line(title: str) -> str:
    """The title, without the rest of a rule set or file that a call carried (JSON has all of it)."""
    head = title.partition("\n")[0]
    return head if len(head) <= LONGEST_TITLE and head == title else f"{head[:LONGEST_TITLE]} …"


def _details(node: Node) -> str:
    state = node.state if node.kind in ("operation", "step", "undo", "message") else ""
    parts = [state] if state else []
    for name in _SHOWN:
        value = node.details.get(name)
        if value is None or (node.kind == "effect"):
            continue
        parts.append(f"{name.replace('_', ' ')} {_short(name, value)}")
    return f"  [{'; '.join(parts)}]" if parts else ""


def _short(name: str, value: Any) -> str:
    if isinstance(value, float):
        return f"+{value * 1000:.1f} ms"
    if isinstance(value, dict):
        if "message" in value:
            return str(value["message"])
        return ", ".join(f"{key} {inner}" for key, inner in value.items())
    return str(value)
