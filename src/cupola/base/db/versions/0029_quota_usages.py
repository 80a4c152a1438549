"""Make the table quota_usages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import Json, Timestamp

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.create_table(
        "quota_usages",
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("used", Json(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_quota_usages")),
        if_not_exists=True,
    )
