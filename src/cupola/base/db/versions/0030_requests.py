"""Make the table requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import Timestamp

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("global_id", sa.String(length=64), nullable=True),
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("route", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=True),
        sa.Column("user_name", sa.String(length=255), nullable=True),
        sa.Column("project_id", sa.String(length=64), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("statements", sa.Integer(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=True),
        sa.Column("started_at", Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_requests_global_id"), "requests", ["global_id"], unique=False, if_not_exists=True)
    op.create_index(op.f("ix_requests_started_at"), "requests", ["started_at"], unique=False, if_not_exists=True)
