"""Make the table image_members."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import Timestamp

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "image_members",
        sa.Column("image_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("image_id", "member_id", name=op.f("pk_image_members")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_image_members_member_id"), "image_members", ["member_id"], unique=False, if_not_exists=True
    )
