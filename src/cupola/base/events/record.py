"""Notes, in the transaction in which an operation begins or ends, what listeners are to be told of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.events.tables import notifications

SENDER = "notifications"
"""The component that tells them; the name to wake it by."""


@dataclass(frozen=True)
class Told:
    """What listeners are told: who says it ("nova-compute:h1"), of what, and the payload, JSON-able."""

    event_type: str
    publisher_id: str
    payload: dict[str, Any]
    failed: bool = False


Tell = Callable[[Transaction, Context, str, str, Mapping[str, Any] | None], Told | None]
"""What is told of a resource's operation: (transaction, context, resource id, phase, error); phase is start, end or
error. None: nothing."""


class Recorder:
    """Writes notifications into the transaction of the change; `wake` has them sent after its commit."""

    def __init__(self, tells: Mapping[str, Tell], wake: Callable[[], None]) -> None:
        self._tells = tells
        self._wake = wake

    def __call__(
        self, tx: Transaction, ctx: Context, operation: str, resource_id: str, phase: str, error: Any = None
    ) -> None:
        tell = self._tells.get(operation)
        told = tell(tx, ctx, resource_id, phase, error) if tell else None
        if told is None:
            return
        caller = ctx.caller
        tx.execute(
            insert(notifications).values(
                id=ctx.ids.uuid(),
                event_type=told.event_type,
                publisher_id=told.publisher_id,
                priority="ERROR" if told.failed else "INFO",
                payload=told.payload,
                context={
                    "request_id": ctx.request_id,
                    "global_request_id": ctx.global_request_id,
                    "user_id": caller.user_id,
                    "project_id": caller.project_id,
                    "roles": list(caller.roles),
                },
                at=tx.now,
            )
        )
        tx.after_commit(self._wake)
