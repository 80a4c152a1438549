"""Tables of hosts: which agents there are and what they said last; what they prove themselves with."""

from cupola.base.db.types import Column, Id, Index, Json, Name, String, Table, Timestamp, metadata

hosts = Table(
    "hosts",
    metadata,
    Column("name", Name, primary_key=True),
    Column("zone", String(64), nullable=False),
    Column("facts", Json, nullable=False),
    Column("started_at", Timestamp, nullable=False),
    Column("seen_at", Timestamp, nullable=False),
    Column("agent", Id),  # of whose commands file it has the memory
)

credentials = Table(
    "host_credentials",
    metadata,
    Column("id", Id, primary_key=True),
    Column("host", Name, nullable=False),
    Column("secret_hash", String(64), nullable=False),  # SHA-256; the secret is 256 random bits, so it needs no salt
    Column("created_at", Timestamp, nullable=False),
    Index("ix_host_credentials_host", "host"),
)
