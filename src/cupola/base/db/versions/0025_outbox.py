"""Make the table outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import Json, Timestamp

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("topic", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("payload", Json(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("operation_id", sa.String(length=64), nullable=True),
        sa.Column("step", sa.String(length=255), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.Column("next_send_at", Timestamp(), nullable=True),
        sa.Column("deadline", Timestamp(), nullable=True),
        sa.Column("queued_at", Timestamp(), nullable=False),
        sa.Column("sent_at", Timestamp(), nullable=True),
        sa.Column("received_at", Timestamp(), nullable=True),
        sa.Column("done_at", Timestamp(), nullable=True),
        sa.Column("report", Json(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        if_not_exists=True,
    )
    op.create_index("ix_outbox_next_send_at", "outbox", ["next_send_at"], unique=False, if_not_exists=True)
    op.create_index(op.f("ix_outbox_operation_id"), "outbox", ["operation_id"], unique=False, if_not_exists=True)
    op.create_index(op.f("ix_outbox_request_id"), "outbox", ["request_id"], unique=False, if_not_exists=True)
    op.create_index(op.f("ix_outbox_subject"), "outbox", ["subject"], unique=False, if_not_exists=True)
