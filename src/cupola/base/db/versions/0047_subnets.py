"""Make the table subnets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import Json, Timestamp

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    op.create_table(
        "subnets",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("network_id", sa.String(length=64), nullable=False),
        sa.Column("ip_version", sa.Integer(), nullable=False),
        sa.Column("cidr", sa.String(length=64), nullable=False),
        sa.Column("gateway_ip", sa.String(length=64), nullable=True),
        sa.Column("enable_dhcp", sa.Boolean(), nullable=False),
        sa.Column("ipv6_ra_mode", sa.String(length=16), nullable=True),
        sa.Column("ipv6_address_mode", sa.String(length=16), nullable=True),
        sa.Column("allocation_pools", Json(), nullable=False),
        sa.Column("dns_nameservers", Json(), nullable=False),
        sa.Column("host_routes", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["network_id"],
            ["networks.id"],
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subnets")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_subnets_network_id"), "subnets", ["network_id"], unique=False, if_not_exists=True)
    op.create_index(op.f("ix_subnets_project_id"), "subnets", ["project_id"], unique=False, if_not_exists=True)
