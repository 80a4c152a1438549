"""Add to the epoch of identity how long tokens ever lived."""

from __future__ import annotations

import sqlalchemy as sa

from cupola.base.db.ddl import add_column

revision = "0057"
down_revision = "0056"


def upgrade() -> None:
    add_column("identity_epoch", sa.Column("longest_lifetime", sa.Integer(), nullable=True))
