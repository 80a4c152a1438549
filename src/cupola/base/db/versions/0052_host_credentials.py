"""Make the table host_credentials."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import Timestamp

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    op.create_table(
        "host_credentials",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_host_credentials")),
        if_not_exists=True,
    )
    op.create_index("ix_host_credentials_host", "host_credentials", ["host"], unique=False, if_not_exists=True)
