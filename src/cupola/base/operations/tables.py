"""Tables of operations: who has which work, what was done, which messages are out."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_

from cupola.base.db.types import Column, Id, Index, Integer, Json, Name, String, Table, Text, Timestamp, metadata

operations = Table(
    "operations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Name, nullable=False),
    Column("params", Json, nullable=False),
    Column("context", Json, nullable=False),
    Column("request_id", Id, nullable=False, index=True),
    Column("project_id", Id),
    Column("resource_type", String(64), nullable=False),
    Column("resource_id", Id, nullable=False),
    Column("live_key", Id, unique=True),  # the resource's id while this operation is its live one, else NULL
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("owner", Name),
    Column("due_at", Timestamp),  # when somebody must look at it; NULL once it has ended
    Column("error", Json),
    Column("created_at", Timestamp, nullable=False),
    Column("ended_at", Timestamp),
    Index("ix_operations_due_at", "due_at"),
    Index("ix_operations_resource_id", "resource_id"),
)

journal = Table(
    "journal",
    metadata,
    Column("id", Id, primary_key=True),  # "<operation id>.<number>"
    Column("operation_id", Id, nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("step", Name, nullable=False),
    Column("phase", String(8), nullable=False),  # do, undo
    Column("state", String(16), nullable=False),  # waiting, done, failed, superseded
    Column("expects", Json),  # ids of the messages whose reports the step waits for
    Column("expected_by", Timestamp),
    Column("tries", Integer, nullable=False),
    Column("result", Json),
    Column("error", Json),
    Column("statements", Integer),
    Column("began_at", Timestamp, nullable=False),
    Column("ended_at", Timestamp),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("topic", Name, nullable=False),
    Column("type", String(32), nullable=False),
    Column("subject", Name, nullable=False, index=True),
    Column("payload", Json, nullable=False),
    Column("request_id", Id, nullable=False, index=True),
    Column("operation_id", Id, index=True),
    Column("step", Name),
    Column("state", String(16), nullable=False),  # out, done, dead
    Column("sends", Integer, nullable=False),  # repeats by the relay; -1: not sent yet
    Column("next_send_at", Timestamp),  # NULL once it has ended
    Column("deadline", Timestamp),
    Column("queued_at", Timestamp, nullable=False),
    Column("sent_at", Timestamp),
    Column("received_at", Timestamp),
    Column("done_at", Timestamp),
    Column("report", Json),
    Column("error", Text),
    Column("asks", Integer, nullable=False, server_default="0"),  # how often more was asked since it was written
    Column("live_key", String(512)),  # host and subject of a live one that can be asked again, else NULL
    Index("ix_outbox_next_send_at", "next_send_at"),
    Index("ix_outbox_live_key", "live_key", unique=True),
)


def has_come(moment: Column[datetime], now: datetime, within: timedelta) -> ColumnElement[bool]:
    """`cupola.base.clock.is_due` of a column."""
    return or_(moment <= now, moment > now + within)
