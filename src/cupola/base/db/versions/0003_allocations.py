"""Make the table allocations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "allocations",
        sa.Column("consumer_id", sa.String(length=64), nullable=False),
        sa.Column("provider_id", sa.String(length=64), nullable=False),
        sa.Column("resource_class", sa.String(length=255), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("consumer_id", "provider_id", "resource_class", name=op.f("pk_allocations")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_allocations_provider_id"), "allocations", ["provider_id"], unique=False, if_not_exists=True
    )
