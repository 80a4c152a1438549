"""Tables of flavors and of the projects that may use private ones."""

from __future__ import annotations

from sqlalchemy import Boolean, Double

from cupola.base.db.types import Column, Id, Integer, Json, Name, Table, Text, Timestamp, generation, metadata

flavors = Table(
    "flavors",
    metadata,
    Column("id", Name, primary_key=True),
    Column("name", Name, nullable=False, unique=True),
    Column("memory_mb", Integer, nullable=False),
    Column("vcpus", Integer, nullable=False),
    Column("root_gb", Integer, nullable=False),
    Column("ephemeral_gb", Integer, nullable=False),
    Column("swap", Integer, nullable=False),
    Column("rxtx_factor", Double, nullable=False),
    Column("is_public", Boolean, nullable=False),
    Column("description", Text),
    Column("extra_specs", Json, nullable=False),
    generation(),
    Column("created_at", Timestamp, nullable=False),
    Column("updated_at", Timestamp),
)

flavor_projects = Table(
    "flavor_projects",
    metadata,
    Column("flavor_id", Name, primary_key=True),
    Column("project_id", Id, primary_key=True, index=True),
)
