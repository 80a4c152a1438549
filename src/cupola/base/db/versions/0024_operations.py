"""Make the table operations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import Json, Timestamp

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "operations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("params", Json(), nullable=False),
        sa.Column("context", Json(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=True),
        sa.Column("resource_type", sa.String(length=64), nullable=False),
        sa.Column("resource_id", sa.String(length=64), nullable=False),
        sa.Column("live_key", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("due_at", Timestamp(), nullable=True),
        sa.Column("error", Json(), nullable=True),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("ended_at", Timestamp(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operations")),
        sa.UniqueConstraint("live_key", name=op.f("uq_operations_live_key")),
        if_not_exists=True,
    )
    op.create_index("ix_operations_due_at", "operations", ["due_at"], unique=False, if_not_exists=True)
    op.create_index(op.f("ix_operations_request_id"), "operations", ["request_id"], unique=False, if_not_exists=True)
    op.create_index("ix_operations_resource_id", "operations", ["resource_id"], unique=False, if_not_exists=True)
