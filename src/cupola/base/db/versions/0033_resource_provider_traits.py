"""Make the table resource_provider_traits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.create_table(
        "resource_provider_traits",
        sa.Column("provider_id", sa.String(length=64), nullable=False),
        sa.Column("trait", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "trait", name=op.f("pk_resource_provider_traits")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_resource_provider_traits_trait"),
        "resource_provider_traits",
        ["trait"],
        unique=False,
        if_not_exists=True,
    )
