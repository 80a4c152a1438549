"""What an operator wants to know of a database: its server, who else is connected, how much the growing tables hold."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, func, inspect, select, text

from cupola.base.db.types import metadata

GROWING = ("requests", "operations", "journal", "outbox", "transitions", "servers", "dead_letters")

_OTHERS = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend'",
    "mariadb": "SELECT count(*) FROM information_schema.processlist WHERE db = database() AND id <> connection_id()",
}
_VERSIONS = {"sqlite": "SELECT 'SQLite ' || sqlite_version()", "postgresql": "SELECT version()"}
_SIZES = {
    "postgresql": "SELECT pg_total_relation_size(to_regclass(:name))",
    "mariadb": "SELECT data_length + index_length FROM information_schema.tables"
    " WHERE table_schema = database() AND table_name = :name",
}


@dataclass(frozen=True)
class Size:
    """Of a table. SQLite does not tell the bytes of one."""

    table: str
    rows: int
    bytes: int | None


def _kind(engine: Engine) -> str:
    return "mariadb" if engine.dialect.name == "mysql" else engine.dialect.name


def version(engine: Engine) -> str:
    """The server's own words."""
    with engine.connect() as connection:
        return str(connection.execute(text(_VERSIONS.get(_kind(engine), "SELECT version()"))).scalar())


def others(engine: Engine) -> int:
    """How many other connections to the database there are; SQLite does not know."""
    query = _OTHERS.get(_kind(engine))
    if query is None:
        return 0
    with engine.connect() as connection:
        return int(connection.execute(text(query)).scalar() or 0)


def sizes(engine: Engine) -> list[Size]:
    """Of the tables that grow with use."""
    found, query = [], _SIZES.get(_kind(engine))
    there = set(inspect(engine).get_table_names())
    with engine.connect() as connection:
        for name in (name for name in GROWING if name in there):
            rows = connection.execute(select(func.count()).select_from(metadata.tables[name])).scalar()
            size = connection.execute(text(query), {"name": name}).scalar() if query else None
            found.append(Size(name, int(rows or 0), None if size is None else int(size)))
    return found


def privileges(engine: Engine) -> list[str]:
    """What the user may do, as the server says it."""
    with engine.connect() as connection:
        if _kind(engine) == "mariadb":
            return [str(row[0]).partition(" IDENTIFIED")[0] for row in connection.execute(text("SHOW GRANTS"))]
        if _kind(engine) == "postgresql":
            query = (
                "SELECT current_user || CASE WHEN has_schema_privilege(current_schema(), 'CREATE')"
                " THEN ' may' ELSE ' may not' END || ' make tables in the schema ' || current_schema()"
            )
            return [str(connection.execute(text(query)).scalar())]
    return []
