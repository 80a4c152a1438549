"""Make the table notifications."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import Json, Timestamp

revision = "0056"
down_revision = "0055"


def upgrade() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("event_type", sa.String(length=255), nullable=False),
        sa.Column("publisher_id", sa.String(length=255), nullable=False),
        sa.Column("priority", sa.String(length=16), nullable=False),
        sa.Column("payload", Json(), nullable=False),
        sa.Column("context", Json(), nullable=False),
        sa.Column("at", Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_notifications_at"), "notifications", ["at"], unique=False, if_not_exists=True)
