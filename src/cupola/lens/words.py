"""Words for times and changes, as traces and findings say them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any


def ago(moment: datetime, now: datetime) -> str:
    """`"42 s ago"`, `"3 min ago"`, or `"in 42 s"` for what is yet to come."""
    seconds = (now - moment).total_seconds()
    size = abs(seconds)
    text = f"{size:.0f} s" if size < 120 else f"{size / 60:.0f} min" if size < 7200 else f"{size / 3600:.0f} h"
    return f"{text} ago" if seconds >= 0 else f"in {text}"


def changed(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> str:
    """`"status BUILD → ACTIVE"`; made and removed things are called that."""
    if old is None:
        return "made" + (f" ({_values(new)})" if new else "")
    if new is None:
        return f"removed ({_values(old)})"
    names = [name for name in new if old.get(name) != new[name]]
    return ", ".join(f"{name} {_value(old.get(name))} → {_value(new[name])}" for name in names) or "unchanged"


def _values(values: Mapping[str, Any] | None) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in (values or {}).items())


def _value(value: Any) -> str:
    return "none" if value is None else str(value)
