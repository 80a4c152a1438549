"""Make the table flavor_projects."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "flavor_projects",
        sa.Column("flavor_id", sa.String(length=255), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("flavor_id", "project_id", name=op.f("pk_flavor_projects")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_flavor_projects_project_id"), "flavor_projects", ["project_id"], unique=False, if_not_exists=True
    )
