"""Make the table routers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import Json, Timestamp

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    op.create_table(
        "routers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("admin_state_up", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("enable_snat", sa.Boolean(), nullable=False),
        sa.Column("gateway_port_id", sa.String(length=64), nullable=True),
        sa.Column("routes", Json(), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(
            ["gateway_port_id"],
            ["ports.id"],
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routers")),
        sa.UniqueConstraint("gateway_port_id", name=op.f("uq_routers_gateway_port_id")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_routers_host"), "routers", ["host"], unique=False, if_not_exists=True)
    op.create_index(op.f("ix_routers_project_id"), "routers", ["project_id"], unique=False, if_not_exists=True)
