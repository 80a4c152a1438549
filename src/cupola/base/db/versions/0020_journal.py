"""Make the table journal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import Json, Timestamp

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "journal",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("operation_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=255), nullable=False),
        sa.Column("phase", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("expects", Json(), nullable=True),
        sa.Column("expected_by", Timestamp(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("result", Json(), nullable=True),
        sa.Column("error", Json(), nullable=True),
        sa.Column("statements", sa.Integer(), nullable=True),
        sa.Column("began_at", Timestamp(), nullable=False),
        sa.Column("ended_at", Timestamp(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_journal_operation_id"), "journal", ["operation_id"], unique=False, if_not_exists=True)
