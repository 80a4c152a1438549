"""Make the table traits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import Timestamp

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    op.create_table(
        "traits",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_traits")),
        if_not_exists=True,
    )
