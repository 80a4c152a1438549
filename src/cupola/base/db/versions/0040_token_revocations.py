"""Make the table token_revocations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import Timestamp

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    op.create_table(
        "token_revocations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("audit_id", sa.String(length=64), nullable=True),
        sa.Column("audit_chain_id", sa.String(length=64), nullable=True),
        sa.Column("user_id", sa.String(length=64), nullable=True),
        sa.Column("project_id", sa.String(length=64), nullable=True),
        sa.Column("domain_id", sa.String(length=64), nullable=True),
        sa.Column("issued_before", Timestamp(), nullable=False),
        sa.Column("revoked_at", Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token_revocations")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_token_revocations_audit_chain_id"),
        "token_revocations",
        ["audit_chain_id"],
        unique=False,
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_token_revocations_audit_id"), "token_revocations", ["audit_id"], unique=False, if_not_exists=True
    )
    op.create_index(
        op.f("ix_token_revocations_domain_id"), "token_revocations", ["domain_id"], unique=False, if_not_exists=True
    )
    op.create_index(
        op.f("ix_token_revocations_project_id"), "token_revocations", ["project_id"], unique=False, if_not_exists=True
    )
    op.create_index(
        op.f("ix_token_revocations_revoked_at"), "token_revocations", ["revoked_at"], unique=False, if_not_exists=True
    )
    op.create_index(
        op.f("ix_token_revocations_user_id"), "token_revocations", ["user_id"], unique=False, if_not_exists=True
    )
