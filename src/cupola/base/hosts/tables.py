"""Table of hosts: which agents there are and what they said last."""

from cupola.base.db.types import Column, Json, Name, String, Table, Timestamp, metadata

hosts = Table(
    "hosts",
    metadata,
    Column("name", Name, primary_key=True),
    Column("zone", String(64), nullable=False),
    Column("facts", Json, nullable=False),
    Column("started_at", Timestamp, nullable=False),
    Column("seen_at", Timestamp, nullable=False),
)
