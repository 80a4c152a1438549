"""Which tokens are valid no more, though their time is not over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Revocation:
    """Refuses tokens issued at `issued_before` or earlier that match all of the other fields that are set."""

    id: str
    issued_before: datetime
    revoked_at: datetime
    audit_id: str | None = None
    audit_chain_id: str | None = None
    user_id: str | None = None
    project_id: str | None = None
    domain_id: str | None = None
