"""Make the table resource_classes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import Timestamp

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.create_table(
        "resource_classes",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_resource_classes")),
        if_not_exists=True,
    )
