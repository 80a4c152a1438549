"""What a restored database is brought up to: hosts and processes have seen later states than it knows."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, select, update

import cupola.wiring.services  # noqa: F401 - the tables of all services
from cupola.base.db.types import metadata
from cupola.base.operations.tables import operations

STEP = 2**20
"""More than any of these numbers rises within the age of a backup; they have 31 bits."""

_RISING = (
    ("networks", "generation"),
    ("routers", "generation"),
    ("servers", "wanted_generation"),
    ("identity_epoch", "number"),
)
"""What hosts refuse to go back behind, and what processes remember callers by."""

LOST = {
    "code": "Restored",
    "step": "schedule",
    "message": "The database was restored from a backup of a time when this server had no host yet. "
    "It may have got one since, which keeps it until the server is deleted.",
}


def catch_up(connection: Connection) -> None:
    """Let generations go on beyond whatever was given out since the backup, and end the building of servers that had no
    host yet: one may have been found since, and holds the disk.
    """
    tables = metadata.tables
    for table, column in _RISING:
        connection.execute(update(tables[table]).values({column: tables[table].c[column] + STEP}))
    servers = tables["servers"]
    homeless = select(servers.c.id).where(servers.c.host.is_(None))
    now = datetime.now(UTC)
    connection.execute(
        update(operations)
        .where(operations.c.name == "compute.create_server", operations.c.live_key.in_(homeless))
        .values(state="undoing", error=LOST, due_at=now, epoch=operations.c.epoch + 1)
    )
