"""Make the table resource_providers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import Timestamp

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.create_table(
        "resource_providers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("root_id", sa.String(length=64), nullable=False),
        sa.Column("parent_id", sa.String(length=64), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource_providers")),
        sa.UniqueConstraint("name", name=op.f("uq_resource_providers_name")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_resource_providers_parent_id"), "resource_providers", ["parent_id"], unique=False, if_not_exists=True
    )
    op.create_index(
        op.f("ix_resource_providers_root_id"), "resource_providers", ["root_id"], unique=False, if_not_exists=True
    )
