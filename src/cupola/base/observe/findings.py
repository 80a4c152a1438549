"""Findings: what differs between what is recorded and what is real. Services bring checks; `lens/doctor.py` runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cupola.base.db.transaction import Transaction


@dataclass(frozen=True)
class Finding:
    """One difference.

    `check` names the rule that does not hold ("guest.missing"), `subject` the thing ("server/<id>"), `what` says in a
    sentence what differs, `remedy` what would mend it. `request_id` is the last request that changed the thing.
    """

    check: str
    subject: str
    what: str
    remedy: str
    host: str | None = None
    request_id: str | None = None


Observations = Mapping[str, Mapping[str, Any]]
"""What each host that answered sees, by host name and then by the first kind of each room."""

Check = Callable[[Transaction, Observations], Iterable[Finding]]
