"""Tables of the notifications that no broker has confirmed yet, and of whose turn it is to send them."""

from cupola.base.db.types import Column, Id, Integer, Json, Name, String, Table, Timestamp, metadata

notifications = Table(
    "notifications",
    metadata,
    Column("id", Id, primary_key=True),
    Column("event_type", Name, nullable=False),
    Column("publisher_id", Name, nullable=False),
    Column("priority", String(16), nullable=False),
    Column("payload", Json, nullable=False),
    Column("context", Json, nullable=False),
    Column("at", Timestamp, nullable=False, index=True),
)

turns = Table(
    "notification_turns",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # 1: there is one
    Column("sender", Id, nullable=False),
    Column("until", Timestamp, nullable=False),
)
