"""Make the table servers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import Json, Timestamp

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    op.create_table(
        "servers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=True),
        sa.Column("hostname", sa.String(length=255), nullable=False),
        sa.Column("vm_state", sa.String(length=32), nullable=False),
        sa.Column("task_state", sa.String(length=32), nullable=True),
        sa.Column("power_state", sa.Integer(), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=True),
        sa.Column("wanted", sa.String(length=16), nullable=False),
        sa.Column("wanted_generation", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.String(length=64), nullable=False),
        sa.Column("image", Json(), nullable=False),
        sa.Column("flavor_id", sa.String(length=64), nullable=False),
        sa.Column("flavor", Json(), nullable=False),
        sa.Column("nics", Json(), nullable=False),
        sa.Column("requires", Json(), nullable=False),
        sa.Column("key_name", sa.String(length=255), nullable=True),
        sa.Column("key", Json(), nullable=True),
        sa.Column("user_data", sa.Text(), nullable=True),
        sa.Column("admin_pass", sa.Text(), nullable=True),
        sa.Column("config_drive", sa.Boolean(), nullable=False),
        sa.Column("metadata", Json(), nullable=False),
        sa.Column("tags", Json(), nullable=False),
        sa.Column("availability_zone", sa.String(length=255), nullable=True),
        sa.Column("access_ip_v4", sa.String(length=64), nullable=True),
        sa.Column("access_ip_v6", sa.String(length=64), nullable=True),
        sa.Column("disk_config", sa.String(length=8), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("locked_by", sa.String(length=8), nullable=True),
        sa.Column("locked_reason", sa.String(length=255), nullable=True),
        sa.Column("reservation_id", sa.String(length=64), nullable=False),
        sa.Column("launch_index", sa.Integer(), nullable=False),
        sa.Column("fault", Json(), nullable=True),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.Column("launched_at", Timestamp(), nullable=True),
        sa.Column("deleted_at", Timestamp(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_servers")),
        if_not_exists=True,
    )
    op.create_index(
        "ix_servers_deleted_at_created_at", "servers", ["deleted_at", "created_at"], unique=False, if_not_exists=True
    )
    op.create_index("ix_servers_host_deleted_at", "servers", ["host", "deleted_at"], unique=False, if_not_exists=True)
    op.create_index(
        "ix_servers_project_id_deleted_at_created_at",
        "servers",
        ["project_id", "deleted_at", "created_at"],
        unique=False,
        if_not_exists=True,
    )
