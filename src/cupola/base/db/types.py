"""Column types and the one metadata object. Each service's `store/tables.py` declares its tables on `metadata`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import (
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql.compiler import DDLCompiler
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = String(64)
"""An identifier: a UUID with or without dashes, or a name that the API allows as one."""

Name = String(255)


@compiles(CreateTable, "mysql")
@compiles(CreateTable, "mariadb")
def _exact_text(create: CreateTable, compiler: DDLCompiler, **options: Any) -> str:
    """On MariaDB too, "Ann", "ann" and "ann " are three names: its default ignores case, accents and last spaces."""
    statement: str = compiler.visit_create_table(create, **options)  # type: ignore[no-untyped-call]
    return f"{statement.rstrip()} CHARACTER SET utf8mb4 COLLATE {exact_collation(compiler.dialect)}"


def exact_collation(dialect: Dialect) -> str:
    """The collation of MariaDB, or of MySQL, that tells any two texts apart."""
    return "utf8mb4_nopad_bin" if getattr(dialect, "is_mariadb", False) else "utf8mb4_0900_bin"


class Timestamp(TypeDecorator[datetime]):
    """A UTC moment, kept to the microsecond as the database's own date and time; read as aware, naive means UTC."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is None:
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Json(TypeDecorator[Any]):
    """A JSON value as text: what is written is what every dialect's own tools show."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.LONGTEXT())
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        try:
            return orjson.dumps(value).decode()
        except orjson.JSONEncodeError as error:
            if "64-bit" in str(error):
                raise OverflowError(str(error)) from error
            raise

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else orjson.loads(value)


def generation() -> Column[int]:
    """The column that compare-and-swap writes are guarded by; see `rows.update`."""
    return Column("generation", Integer, nullable=False, default=1)


__all__ = [
    "Column",
    "Id",
    "Index",
    "Integer",
    "Json",
    "LargeBinary",
    "Name",
    "String",
    "Table",
    "Text",
    "Timestamp",
    "generation",
    "metadata",
]
