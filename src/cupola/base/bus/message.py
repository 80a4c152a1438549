"""Messages: what travels between the parts. They wake and command; the truth stays in the database."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import orjson

LONGEST_ID = 128
"""bytes; AMQP's own properties hold 255"""


@dataclass(frozen=True)
class Message:
    """One message. Fields are only ever added, so that old and new programs understand each other.

    `type` says what it is about ("converge", "command", "question", "examine", "report"); `subject` names a thing as
    "kind/id"; `sent_at` and `deadline` (nobody wants the work done after it; empty: none) are ISO 8601; `seal` proves
    who speaks (`hosts/seal.py`), where that is asked. Ids of the request and operation travel along for the trace.
    """

    id: str
    topic: str
    type: str
    subject: str
    payload: dict[str, Any] = field(default_factory=dict)
    request_id: str = ""
    operation_id: str | None = None
    sent_at: str = ""
    deadline: str = ""
    seal: str = ""

    def encode(self) -> bytes:
        return orjson.dumps(dataclasses.asdict(self))

    def about(self) -> dict[str, object]:
        """What a log says of work on it."""
        return {
            "request_id": self.request_id or None,
            "operation_id": self.operation_id,
            "bus_message_id": self.id or None,
            "resource": self.subject,
        }

    @classmethod
    def decode(cls, data: bytes) -> Message:
        """Read a message, leaving out fields that a newer program added. Raises ValueError for what is none."""
        fields = orjson.loads(data)
        if not isinstance(fields, dict):
            raise ValueError("it is no object")
        known = {f.name for f in dataclasses.fields(cls)}
        return _checked(cls(**{name: value for name, value in fields.items() if name in known}))


def _checked(message: Message) -> Message:
    """The message, if its fields are what they should be: whoever answers sends some of them back."""
    for name, value in dataclasses.asdict(message).items():
        wanted: type = dict if name == "payload" else str
        if not isinstance(value, wanted) and not (name == "operation_id" and value is None):
            raise ValueError(f"{name} is no {'object' if wanted is dict else 'text'}")
    for name in ("id", "operation_id"):
        if len((getattr(message, name) or "").encode(errors="replace")) > LONGEST_ID:
            raise ValueError(f"{name} is longer than {LONGEST_ID} bytes")
    return message


def host_topic(host: str) -> str:
    """Where a host's agent listens."""
    return f"host.{host}"


REPORTS = "reports"
"""Where the conductor listens for what agents report."""

CONDUCTOR = "conductor"
"""Where conductors listen for wake-ups."""

DEAD = "dead"
"""Where the conductor finds what a broker gave up: delivered too often, or not to be read."""
