"""Make the table catalog_endpoints."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import Json

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "catalog_endpoints",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.Column("region_id", sa.String(length=255), nullable=True),
        sa.Column("interface", sa.String(length=8), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("extra", Json(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_endpoints")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_catalog_endpoints_region_id"), "catalog_endpoints", ["region_id"], unique=False, if_not_exists=True
    )
    op.create_index(
        op.f("ix_catalog_endpoints_service_id"), "catalog_endpoints", ["service_id"], unique=False, if_not_exists=True
    )
