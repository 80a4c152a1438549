"""Make the table role_assignments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    op.create_table(
        "role_assignments",
        sa.Column("actor_type", sa.String(length=8), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("target_type", sa.String(length=8), nullable=False),
        sa.Column("target_id", sa.String(length=64), nullable=False),
        sa.Column("role_id", sa.String(length=64), nullable=False),
        sa.Column("inherited", sa.Boolean(), nullable=False),
        sa.CheckConstraint("actor_type IN ('user', 'group')", name="ck_role_assignments_actor_type"),
        sa.CheckConstraint("target_type IN ('project', 'domain', 'system')", name="ck_role_assignments_target_type"),
        sa.PrimaryKeyConstraint(
            "actor_id",
            "target_id",
            "role_id",
            "inherited",
            "actor_type",
            "target_type",
            name=op.f("pk_role_assignments"),
        ),
        if_not_exists=True,
    )
    op.create_index("ix_role_assignments_role_id", "role_assignments", ["role_id"], unique=False, if_not_exists=True)
    op.create_index(
        "ix_role_assignments_target_id", "role_assignments", ["target_id"], unique=False, if_not_exists=True
    )
