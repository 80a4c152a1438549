"""Let one message at most be live for a host and a thing."""

from __future__ import annotations

from alembic import op

revision = "0061"
down_revision = "0060"


def upgrade() -> None:
    op.create_index("ix_outbox_live_key", "outbox", ["live_key"], unique=True, if_not_exists=True)
