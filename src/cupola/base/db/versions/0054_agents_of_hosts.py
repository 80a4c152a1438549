"""Add to hosts which agent speaks for each."""

from __future__ import annotations

import sqlalchemy as sa

from cupola.base.db.ddl import add_column

revision = "0054"
down_revision = "0053"


def upgrade() -> None:
    add_column("hosts", sa.Column("agent", sa.String(length=64), nullable=True))
