"""What a host answers to a message."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Report:
    """What a host says of a message: whether it did it, what it saw, and the effects it had.

    `asked` is the type of the message (empty: an older agent's), `asks` the number it bore, if any. `error` holds
    {"code", "message"} when it was not done. `effects` are {"what", "call", "result", "seconds"} each.
    """

    message_id: str
    host: str
    ok: bool
    result: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] | None = None
    effects: tuple[dict[str, Any], ...] = ()
    received_at: str = ""
    done_at: str = ""
    asked: str = ""
    asks: int | None = None

    def to_payload(self) -> dict[str, Any]:
        return {
            "message_id": self.message_id,
            "host": self.host,
            "ok": self.ok,
            "result": self.result,
            "error": self.error,
            "effects": list(self.effects),
            "received_at": self.received_at,
            "done_at": self.done_at,
            "asked": self.asked,
            "asks": self.asks,
        }

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> Report:
        """What a newer agent says besides is left out."""
        known = {each.name: payload[each.name] for each in fields(cls) if each.name in payload}
        return cls(**{**known, "effects": tuple(payload.get("effects", ()))})
