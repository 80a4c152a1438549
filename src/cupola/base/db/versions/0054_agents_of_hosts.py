"""Add to hosts which agent speaks for each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"


def upgrade() -> None:
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("hosts")}
    if "agent" not in known:
        op.add_column("hosts", sa.Column("agent", sa.String(length=64), nullable=True))
