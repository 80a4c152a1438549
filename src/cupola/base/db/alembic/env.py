"""Alembic's entry: runs the revisions on the engine that the caller hands over."""

from __future__ import annotations

from alembic import context

from cupola.base.db.types import metadata

with context.config.attributes["engine"].connect() as connection:
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
