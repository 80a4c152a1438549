"""Add to the outbox which host and thing a live message is about."""

from __future__ import annotations

import sqlalchemy as sa

from cupola.base.db.ddl import add_column

revision = "0060"
down_revision = "0059"


def upgrade() -> None:
    add_column("outbox", sa.Column("live_key", sa.String(length=512), nullable=True))
