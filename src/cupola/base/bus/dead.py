"""What a broker gave up, as a message of ours: of whatever it was, all that could be read."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from cupola.base.bus.message import DEAD, Message

LONGEST = 4000
"""characters of a body that are kept"""


def dead_letter(content: Any) -> Message:
    """The message for a delivery from the dead letter queue. The same letter gets the same id, however often it comes.

    `payload` has queue, reason (RabbitMQ's word: rejected, delivery_limit, expired, maxlen), count, at, and of the
    original id, type and body.
    """
    properties = content.properties
    headers = properties.get("application_headers") or {}
    death = (headers.get("x-death") or [{}])[0]
    body = content.body if isinstance(content.body, str) else bytes(content.body).decode(errors="backslashreplace")
    at = death.get("time")
    when = at.replace(tzinfo=UTC).isoformat() if isinstance(at, datetime) else ""
    original = str(properties.get("message_id", ""))
    queue = str(death.get("queue", ""))
    identity = "\0".join((queue, original, when, body))
    return Message(
        id=hashlib.sha256(identity.encode(errors="backslashreplace")).hexdigest()[:32],
        topic=DEAD,
        type="dead",
        subject=str(headers.get("subject", "")),
        payload={
            "queue": queue,
            "reason": str(death.get("reason", "")),
            "count": int(death.get("count", 1)),
            "at": when,
            "message_id": original,
            "type": str(properties.get("type", "")),
            "body": body[:LONGEST],
        },
        request_id=str(headers.get("request_id", "")),
        operation_id=str(properties["correlation_id"]) if properties.get("correlation_id") else None,
    )
