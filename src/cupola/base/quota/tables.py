"""Tables of quota: limits set for a project, and what it uses."""

from cupola.base.db.types import Column, Id, Integer, Json, Name, String, Table, Timestamp, metadata

limits = Table(
    "quota_limits",
    metadata,
    Column("project_id", Id, primary_key=True),
    Column("service", String(32), primary_key=True),
    Column("resource", Name, primary_key=True),
    Column("limit", Integer, nullable=False),
)

usages = Table(
    "quota_usages",
    metadata,
    Column("project_id", Id, primary_key=True),
    Column("used", Json, nullable=False),  # "service.resource" → number; one row is one lock and one write
    Column("updated_at", Timestamp, nullable=False),
)
