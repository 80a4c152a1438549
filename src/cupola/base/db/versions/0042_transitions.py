"""Make the table transitions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import Json, Timestamp

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    op.create_table(
        "transitions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("resource_type", sa.String(length=64), nullable=False),
        sa.Column("resource_id", sa.String(length=64), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=True),
        sa.Column("old", Json(), nullable=True),
        sa.Column("new", Json(), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("operation_id", sa.String(length=64), nullable=True),
        sa.Column("step", sa.String(length=255), nullable=True),
        sa.Column("at", Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transitions")),
        if_not_exists=True,
    )
    op.create_index("ix_transitions_at", "transitions", ["at"], unique=False, if_not_exists=True)
    op.create_index(op.f("ix_transitions_request_id"), "transitions", ["request_id"], unique=False, if_not_exists=True)
    op.create_index(
        op.f("ix_transitions_resource_id"), "transitions", ["resource_id"], unique=False, if_not_exists=True
    )
