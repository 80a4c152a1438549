"""Make the table role_implications."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.create_table(
        "role_implications",
        sa.Column("prior_id", sa.String(length=64), nullable=False),
        sa.Column("implied_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("prior_id", "implied_id", name=op.f("pk_role_implications")),
        if_not_exists=True,
    )
