"""Make the table image_tags."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "image_tags",
        sa.Column("image_id", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("image_id", "value", name=op.f("pk_image_tags")),
        if_not_exists=True,
    )
