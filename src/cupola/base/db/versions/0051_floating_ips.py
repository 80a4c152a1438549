"""Make the table floating_ips."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import Timestamp

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    op.create_table(
        "floating_ips",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=False),
        sa.Column("floating_network_id", sa.String(length=64), nullable=False),
        sa.Column("floating_ip_address", sa.String(length=64), nullable=False),
        sa.Column("floating_port_id", sa.String(length=64), nullable=False),
        sa.Column("port_id", sa.String(length=64), nullable=True),
        sa.Column("fixed_ip_address", sa.String(length=64), nullable=True),
        sa.Column("router_id", sa.String(length=64), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["floating_network_id"],
            ["networks.id"],
        ),
        sa.ForeignKeyConstraint(
            ["floating_port_id"],
            ["ports.id"],
        ),
        sa.ForeignKeyConstraint(
            ["port_id"],
            ["ports.id"],
        ),
        sa.ForeignKeyConstraint(
            ["router_id"],
            ["routers.id"],
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_floating_ips")),
        sa.UniqueConstraint("floating_port_id", name=op.f("uq_floating_ips_floating_port_id")),
        sa.UniqueConstraint("port_id", "fixed_ip_address", name=op.f("uq_floating_ips_port_id_fixed_ip_address")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_floating_ips_floating_network_id"),
        "floating_ips",
        ["floating_network_id"],
        unique=False,
        if_not_exists=True,
    )
    op.create_index(op.f("ix_floating_ips_port_id"), "floating_ips", ["port_id"], unique=False, if_not_exists=True)
    op.create_index(
        op.f("ix_floating_ips_project_id"), "floating_ips", ["project_id"], unique=False, if_not_exists=True
    )
    op.create_index(op.f("ix_floating_ips_router_id"), "floating_ips", ["router_id"], unique=False, if_not_exists=True)
