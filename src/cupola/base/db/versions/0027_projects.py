"""Make the table projects."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import Json

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.create_table(
        "projects",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("domain_id", sa.String(length=64), nullable=False),
        sa.Column("parent_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("options", Json(), nullable=False),
        sa.Column("extra", Json(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("domain_id", "name", name=op.f("uq_projects_domain_id_name")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_projects_parent_id"), "projects", ["parent_id"], unique=False, if_not_exists=True)
