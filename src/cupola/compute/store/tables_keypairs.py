"""Table of key pairs."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint

from cupola.base.db.types import Column, Id, Integer, Name, String, Table, Text, Timestamp, metadata

keypairs = Table(
    "keypairs",
    metadata,
    Column("id", Integer, primary_key=True),  # made by the database: the API shows a number
    Column("user_id", Id, nullable=False),
    Column("name", Name, nullable=False),
    Column("type", String(8), nullable=False),
    Column("fingerprint", Name, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("created_at", Timestamp, nullable=False),
    UniqueConstraint("user_id", "name"),
)
