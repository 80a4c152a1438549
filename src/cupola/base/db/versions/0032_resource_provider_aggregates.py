"""Make the table resource_provider_aggregates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.create_table(
        "resource_provider_aggregates",
        sa.Column("provider_id", sa.String(length=64), nullable=False),
        sa.Column("aggregate_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "aggregate_id", name=op.f("pk_resource_provider_aggregates")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_resource_provider_aggregates_aggregate_id"),
        "resource_provider_aggregates",
        ["aggregate_id"],
        unique=False,
        if_not_exists=True,
    )
