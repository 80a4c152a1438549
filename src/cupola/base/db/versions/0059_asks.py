"""Add to the outbox how often more was asked since a message was written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"


def upgrade() -> None:
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("outbox")}
    if "asks" not in known:
        op.add_column("outbox", sa.Column("asks", sa.Integer(), server_default="0", nullable=False))
