"""Add to the epoch of identity how long tokens ever lived."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"


def upgrade() -> None:
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("identity_epoch")}
    if "longest_lifetime" not in known:
        op.add_column("identity_epoch", sa.Column("longest_lifetime", sa.Integer(), nullable=True))
