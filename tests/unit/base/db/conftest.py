"""A toy table of things, on every kind of database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy import Boolean, Float, MetaData

from cupola.base.db.transaction import Database
from cupola.base.db.types import Column, Id, Integer, Json, Name, Table, Timestamp, generation

things = Table(
    "things",
    MetaData(),
    Column("id", Id, primary_key=True),
    Column("name", Name, unique=True),
    Column("size", Integer),
    Column("weight", Float(53)),
    Column("shared", Boolean),
    Column("made_at", Timestamp),
    Column("tags", Json),
    generation(),
)


@dataclass(frozen=True)
class Thing:
    id: str
    name: str | None = None
    size: int | None = None
    weight: float | None = None
    shared: bool | None = None
    made_at: datetime | None = None
    tags: dict[str, object] | None = None
    generation: int = 1


@pytest.fixture
def store(database: Database) -> tuple[Table, type[Thing]]:
    """The table, made in the database, and its row class."""
    things.metadata.create_all(database.engine)
    return things, Thing


@pytest.fixture
def store_in_file(file_database: Database) -> Table:
    """The table alone, on SQLite only."""
    things.metadata.create_all(file_database.engine)
    return things
