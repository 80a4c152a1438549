"""What a host's agent proves itself with: a secret of 256 random bits, of which the database has the SHA-256.

A host may have two that are good at the same time, so that a new one can be brought to it without an outage: the
newest two stay, each new one ends the one before the last.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from cupola.base.context import Caller, Context
from cupola.base.db.rows import many
from cupola.base.db.transaction import Transaction
from cupola.base.errors import BadInput, Unauthenticated
from cupola.base.hosts.tables import credentials

VALID_AT_ONCE = 2
LONGEST_NAME = 64


@dataclass(frozen=True)
class Credential:
    """That there is one; its secret is known to its host alone. `id` is no secret, and is what logs may name."""

    id: str
    host: str
    secret_hash: str
    created_at: datetime


def issue(ctx: Context, host: str) -> str:
    """Make a credential of a host and return it: this is the only time that it is seen. Raises BadInput."""
    if re.fullmatch(rf"[A-Za-z0-9][A-Za-z0-9.-]{{0,{LONGEST_NAME - 1}}}", host) is None:
        raise BadInput(f"{host!r} is no name of a host: letters, digits, '-' and '.', at most {LONGEST_NAME}.")
    id_, secret = secrets.token_hex(8), secrets.token_urlsafe(32)

    def write(tx: Transaction) -> None:
        older = of_host(tx, host)[VALID_AT_ONCE - 1 :]
        if older:
            tx.execute(delete(credentials).where(credentials.c.id.in_([each.id for each in older])))
        tx.execute(insert(credentials).values(id=id_, host=host, secret_hash=_hashed(secret), created_at=tx.now))

    ctx.transact("host.credential", write)
    return f"{id_}.{secret}"


def revoke(ctx: Context, host: str) -> int:
    """End all credentials of a host; returns how many there were."""
    return ctx.transact(
        "host.revoke", lambda tx: int(tx.execute(delete(credentials).where(credentials.c.host == host)).rowcount)
    )


def of_host(tx: Transaction, host: str) -> list[Credential]:
    """A host's credentials, the newest first."""
    order = credentials.c.created_at.desc(), credentials.c.id
    return many(tx, Credential, select(credentials).where(credentials.c.host == host).order_by(*order))


def numbers(tx: Transaction) -> dict[str, int]:
    """How many credentials are good, by host."""
    found: dict[str, int] = {}
    for row in tx.all(select(credentials.c.host)):
        found[row["host"]] = found.get(row["host"], 0) + 1
    return found


def caller_of(ctx: Context, given: str) -> Caller:
    """The host that holds a credential. Raises Unauthenticated."""
    id_, _, secret = given.partition(".")
    expected = select(credentials.c.host, credentials.c.secret_hash).where(credentials.c.id == id_[:64])
    row = ctx.read("host.authenticate", lambda tx: tx.first(expected)) if id_.isascii() and id_.isalnum() else None
    good = hmac.compare_digest(row["secret_hash"] if row else _hashed(""), _hashed(secret))
    if row is None or not good:
        raise Unauthenticated("The credential is not that of a host of this cloud.")
    return Caller(user_name=f"host {row['host']}", host=row["host"])


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
