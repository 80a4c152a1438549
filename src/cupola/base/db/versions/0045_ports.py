"""Make the table ports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import Json, Timestamp

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    op.create_table(
        "ports",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("network_id", sa.String(length=64), nullable=False),
        sa.Column("mac_address", sa.String(length=17), nullable=False),
        sa.Column("admin_state_up", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("device_id", sa.String(length=255), nullable=False),
        sa.Column("device_owner", sa.String(length=255), nullable=False),
        sa.Column("device_index", sa.Integer(), nullable=False),
        sa.Column("plugged", sa.Boolean(), nullable=False),
        sa.Column("made_for", sa.String(length=64), nullable=True),
        sa.Column("host", sa.String(length=255), nullable=True),
        sa.Column("vnic_type", sa.String(length=64), nullable=False),
        sa.Column("profile", Json(), nullable=False),
        sa.Column("port_security_enabled", sa.Boolean(), nullable=False),
        sa.Column("allowed_address_pairs", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["network_id"],
            ["networks.id"],
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ports")),
        sa.UniqueConstraint("network_id", "mac_address", name=op.f("uq_ports_network_id_mac_address")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_ports_device_id"), "ports", ["device_id"], unique=False, if_not_exists=True)
    op.create_index(op.f("ix_ports_host"), "ports", ["host"], unique=False, if_not_exists=True)
    op.create_index(op.f("ix_ports_network_id"), "ports", ["network_id"], unique=False, if_not_exists=True)
    op.create_index(op.f("ix_ports_project_id"), "ports", ["project_id"], unique=False, if_not_exists=True)
