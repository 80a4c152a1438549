"""Table of compute services: what administrators enable, disable and force down."""

from __future__ import annotations

from sqlalchemy import Boolean, UniqueConstraint

from cupola.base.db.types import Column, Id, Integer, Name, Table, Timestamp, generation, metadata

services = Table(
    "compute_services",
    metadata,
    Column("id", Id, primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("binary", Name, nullable=False),
    Column("host", Name, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("disabled_reason", Name),
    Column("forced_down", Boolean, nullable=False),
    Column("seen_at", Timestamp),
    generation(),
    Column("created_at", Timestamp, nullable=False),
    Column("updated_at", Timestamp, nullable=False),
    UniqueConstraint("host", "binary"),
)
