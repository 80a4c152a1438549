"""Seals on what hosts report and are ordered, so that nobody speaks for others who has a login at the broker.

A seal is the id of a credential and a keyed hash (HMAC) of what is said; its key is the SHA-256 of the secret, which
the database has and the host can make. That a thing should be looked at needs none: it may be said by anybody.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import select

from cupola.base.bus.message import Message
from cupola.base.db.transaction import Transaction
from cupola.base.hosts.tables import credentials

SEALS = "seals"
"""Where an order has its seals, by the id of the credential."""


def sealed(message: Message, credential: str) -> Message:
    """The report with the seal of who holds the credential."""
    id_, key = _key(credential)
    said = (message.id, message.type, message.subject, message.payload)
    return replace(message, seal=f"{id_}.{_hash(key, 'report', *said)}")


def holds(tx: Transaction, message: Message, host: str) -> bool:
    """Whether a report bears the seal of a good credential of `host`."""
    id_, _, given = message.seal.partition(".")
    row = tx.first(select(credentials.c.host, credentials.c.secret_hash).where(credentials.c.id == id_))
    if row is None or row["host"] != host:
        return False
    said = (message.id, message.type, message.subject, message.payload)
    return hmac.compare_digest(_hash(row["secret_hash"], "report", *said), given)


def sealed_order(tx: Transaction, host: str, order: Message) -> dict[str, Any]:
    """The payload of an order, with a seal for each credential that the host may have; none, where it needs none."""
    good = tx.all(select(credentials.c.id, credentials.c.secret_hash).where(credentials.c.host == host))
    made = {row["id"]: _hash(row["secret_hash"], "order", *_said(order, order.payload)) for row in good}
    return {**order.payload, SEALS: made} if made else dict(order.payload)


def is_order(message: Message, credential: str) -> bool:
    """Whether the control plane of who holds the credential has ordered this."""
    id_, key = _key(credential)
    payload = {name: value for name, value in message.payload.items() if name != SEALS}
    given = str(message.payload.get(SEALS, {}).get(id_, ""))
    return hmac.compare_digest(_hash(key, "order", *_said(message, payload)), given)


def _said(order: Message, payload: Mapping[str, Any]) -> tuple[object, ...]:
    """What an order's seal vouches for: its deadline too, or it could be withheld and delivered months later."""
    return order.id, order.type, order.subject, order.deadline, payload


def _key(credential: str) -> tuple[str, str]:
    """The id of a credential, and the key that follows from its secret."""
    id_, _, secret = credential.partition(".")
    return id_, hashlib.sha256(secret.encode()).hexdigest()


def _hash(key: str, *said: object) -> str:
    return hmac.new(bytes.fromhex(key), orjson.dumps(said, option=orjson.OPT_SORT_KEYS), hashlib.sha256).hexdigest()
