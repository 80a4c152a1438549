"""Add to the outbox which host and thing a live message is about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"


def upgrade() -> None:
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("outbox")}
    if "live_key" not in known:
        op.add_column("outbox", sa.Column("live_key", sa.String(length=512), nullable=True))
