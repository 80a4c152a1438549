"""Tables of the ledger: what was asked, and what changed because of it."""

from cupola.base.db.types import Column, Id, Index, Integer, Json, Name, String, Table, Text, Timestamp, metadata

requests = Table(
    "requests",
    metadata,
    Column("id", Id, primary_key=True),
    Column("global_id", Id, index=True),
    Column("service", String(32), nullable=False),
    Column("method", String(8), nullable=False),
    Column("path", Text, nullable=False),
    Column("route", Name, nullable=False),
    Column("user_id", Id),
    Column("user_name", Name),
    Column("project_id", Id),
    Column("status", Integer, nullable=False),
    Column("error", Text),
    Column("statements", Integer),
    Column("milliseconds", Integer),
    Column("started_at", Timestamp, nullable=False, index=True),
)

transitions = Table(
    "transitions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("resource_type", String(64), nullable=False),
    Column("resource_id", Id, nullable=False, index=True),
    Column("project_id", Id),
    Column("old", Json),
    Column("new", Json),
    Column("request_id", Id, nullable=False, index=True),
    Column("operation_id", Id),
    Column("step", Name),
    Column("at", Timestamp, nullable=False),
    Index("ix_transitions_at", "at"),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", Id, primary_key=True),
    Column("queue", Name, nullable=False),
    Column("reason", String(64), nullable=False),
    Column("message_id", Id, nullable=False, index=True),
    Column("type", String(32), nullable=False),
    Column("subject", Name, nullable=False),
    Column("request_id", Id),
    Column("body", Text, nullable=False),
    Column("recorded_at", Timestamp, nullable=False, index=True),
)
