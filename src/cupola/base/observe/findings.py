"""Findings: what differs between the recorded and the real.

Rooms compare their host with the documents of what is wanted there; services' checks compare the database with itself
(quota with what is there, claims with servers), its surveys with what else there is. `lens/doctor.py` runs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cupola.base.context import Context
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


Check = Callable[[Transaction], Iterable[Finding]]
"""Compares what the database says in one place with what it says in another."""

Survey = Callable[[Context], Iterable[Finding]]
"""Compares what the database says with what is outside it, looking at that in no transaction."""
