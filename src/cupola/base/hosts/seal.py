"""Seals on what hosts report, so that who has a login at the broker cannot speak for another host.

A seal is the id of a credential and a keyed hash (HMAC) of what is said; its key is the SHA-256 of the secret, which
the database has and the host can make.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

import orjson
from sqlalchemy import select

from cupola.base.bus.message import Message
from cupola.base.db.transaction import Transaction
from cupola.base.hosts.tables import credentials


def sealed(message: Message, credential: str) -> Message:
    """The report with the seal of who holds the credential."""
    id_, _, secret = credential.partition(".")
    return replace(message, seal=f"{id_}.{_hash(hashlib.sha256(secret.encode()).hexdigest(), message)}")


def holds(tx: Transaction, message: Message, host: str) -> bool:
    """Whether a report bears the seal of a good credential of `host`."""
    id_, _, given = message.seal.partition(".")
    row = tx.first(select(credentials.c.host, credentials.c.secret_hash).where(credentials.c.id == id_))
    return row is not None and row["host"] == host and hmac.compare_digest(_hash(row["secret_hash"], message), given)


def _hash(key: str, message: Message) -> str:
    said = [message.id, message.type, message.subject, message.payload]
    return hmac.new(bytes.fromhex(key), orjson.dumps(said, option=orjson.OPT_SORT_KEYS), hashlib.sha256).hexdigest()
