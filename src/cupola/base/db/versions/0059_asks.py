"""Add to the outbox how often more was asked since a message was written."""

from __future__ import annotations

import sqlalchemy as sa

from cupola.base.db.ddl import add_column

revision = "0059"
down_revision = "0058"


def upgrade() -> None:
    add_column("outbox", sa.Column("asks", sa.Integer(), server_default="0", nullable=False))
