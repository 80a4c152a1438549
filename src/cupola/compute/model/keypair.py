"""Key pairs: what users put into their servers to get in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

SSH, X509 = "ssh", "x509"


@dataclass(frozen=True)
class Keypair:
    """The public half of a key pair; it belongs to a user, not a project."""

    id: int
    user_id: str
    name: str
    type: str
    fingerprint: str
    public_key: str
    created_at: datetime
