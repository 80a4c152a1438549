"""Make the table consumers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import Timestamp

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "consumers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("project_id", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=255), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consumers")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_consumers_project_id"), "consumers", ["project_id"], unique=False, if_not_exists=True)
