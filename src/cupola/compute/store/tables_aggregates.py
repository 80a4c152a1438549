"""Tables of host aggregates."""

from __future__ import annotations

from cupola.base.db.types import Column, Id, Integer, Json, Name, Table, Timestamp, metadata

aggregates = Table(
    "aggregates",
    metadata,
    Column("id", Integer, primary_key=True),  # made by the database: the API shows a number
    Column("uuid", Id, nullable=False, unique=True),
    Column("name", Name, nullable=False, unique=True),
    Column("metadata", Json, nullable=False),
    Column("created_at", Timestamp, nullable=False),
    Column("updated_at", Timestamp),
)

aggregate_hosts = Table(
    "aggregate_hosts",
    metadata,
    Column("aggregate_id", Integer, primary_key=True, autoincrement=False),
    Column("host", Name, primary_key=True, index=True),
)
