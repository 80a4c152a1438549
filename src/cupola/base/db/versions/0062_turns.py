"""Make the table notification_turns."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import Timestamp

revision = "0062"
down_revision = "0061"


def upgrade() -> None:
    op.create_table(
        "notification_turns",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("sender", sa.String(length=64), nullable=False),
        sa.Column("until", Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_notification_turns")),
        if_not_exists=True,
    )
