"""The database: reached, of a kind and version that is known to do, and with the rights that the cloud needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from cupola.base.db.engine import make_engine
from cupola.base.errors import ConfigurationError
from cupola.install.checks.clocks import skew
from cupola.install.checks.finding import Finding, Situation

CONNECTIONS = 100
"""Of a small cloud: one API process may take 80."""
_POSTGRESQL, _MARIADB, _MYSQL = 130000, (10, 6), (8, 0)
_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "REFERENCES")


def database(situation: Situation) -> Iterator[Finding]:
    """Connect as the cloud will, and look. Nothing in it is changed: what is tried is rolled back."""
    connection = situation.settings.database.connection
    if connection is None or connection.startswith("sqlite"):
        return  # a file in the state directory
    try:
        engine, url = make_engine(connection), make_url(connection)
    except ConfigurationError as error:
        yield Finding(str(error), "Everything the cloud knows is in its database.", f"Edit {situation.config}")
        return
    with closing(_Closing(engine)):
        try:
            with engine.connect() as opened:
                look = _postgresql if engine.dialect.name == "postgresql" else _mariadb
                yield from look(opened, url)
                yield from _clock(opened, situation)
        except DBAPIError as error:
            yield _unreachable(error, url)


class _Closing:
    """An engine whose connections end with a block."""

    def __init__(self, engine: Engine) -> None:
        self.close: Callable[[], None] = engine.dispose


def _clock(opened: Connection, situation: Situation) -> Iterator[Finding]:
    seconds = {"postgresql": "extract(epoch FROM clock_timestamp())"}.get(opened.dialect.name, "unix_timestamp(now(6))")
    before = situation.machine.now()
    there = float(_one(opened, f"SELECT {seconds}"))
    yield from skew("the database's machine", there, before, situation.machine.now())


def _unreachable(error: DBAPIError, url: URL) -> Finding:
    said = str(error.orig).strip().partition("\n")[0]
    where = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "postgresql":
        remedy = (
            f"sudo -u postgres createuser --pwprompt {url.username or 'cupola'} && "
            f"sudo -u postgres createdb --owner={url.username or 'cupola'} --encoding=UTF8 --template=template0 "
            f"{url.database or 'cupola'}"
        )
    else:
        name, user = url.database or "cupola", url.username or "cupola"
        remedy = (
            f'mariadb -e "CREATE DATABASE {name} CHARACTER SET utf8mb4; '
            f"CREATE USER {user}@'%' IDENTIFIED BY '<password>'; GRANT ALL ON {name}.* TO {user}@'%'\""
        )
    return Finding(
        f"the database does not answer at {where}: {said}",
        "Everything the cloud knows is in it.",
        f"See that it runs and is reached; where user or database are missing: {remedy}",
    )


def _one(opened: Connection, statement: str) -> str:
    return str(opened.exec_driver_sql(statement).scalar())


def _postgresql(opened: Connection, url: URL) -> Iterator[Finding]:
    version = int(_one(opened, "SHOW server_version_num"))
    if version < _POSTGRESQL:
        yield _old(f"PostgreSQL {_one(opened, 'SHOW server_version')}", "PostgreSQL 13")
    if (encoding := _one(opened, "SHOW server_encoding")) != "UTF8":
        yield Finding(
            f"the database {url.database} has the encoding {encoding}",
            "Names in other languages could not be kept.",
            f"sudo -u postgres dropdb {url.database} && sudo -u postgres createdb --owner={url.username} "
            f"--encoding=UTF8 --template=template0 {url.database}",
        )
    if _one(opened, "SELECT pg_is_in_recovery()") == "True" or _one(opened, "SHOW transaction_read_only") == "on":
        yield _read_only()
        return
    yield from _few_connections(int(_one(opened, "SHOW max_connections")), "ALTER SYSTEM SET max_connections = 300")
    yield from _try_statements(opened, url)


def _try_statements(opened: Connection, url: URL) -> Iterator[Finding]:
    """What a revision of the schema does, in a transaction that is rolled back."""
    statements = (
        "CREATE TABLE cupola_check (id integer PRIMARY KEY)",
        "CREATE INDEX cupola_check_id ON cupola_check (id)",
        "ALTER TABLE cupola_check ADD COLUMN name varchar(10)",
        "LOCK TABLE cupola_check",
        "INSERT INTO cupola_check VALUES (1)",
        "SELECT id FROM cupola_check FOR UPDATE",
    )
    try:
        for statement in statements:
            opened.exec_driver_sql(statement)
    except DBAPIError as error:
        said = str(error.orig).strip().partition("\n")[0]
        yield Finding(
            f"{url.username} may not do what `cupola db sync` does: {said}",
            "It makes and changes tables.",
            f"sudo -u postgres psql -c 'ALTER DATABASE {url.database} OWNER TO {url.username}' "
            f"-c 'GRANT ALL ON SCHEMA public TO {url.username}' {url.database}",
        )
    finally:
        opened.rollback()


def _mariadb(opened: Connection, url: URL) -> Iterator[Finding]:
    said = _one(opened, "SELECT version()")
    maria = "mariadb" in said.lower()
    version = tuple(int(part) for part in said.split("-")[0].split(".")[:2])
    if version < (_MARIADB if maria else _MYSQL):
        yield _old(f"{'MariaDB' if maria else 'MySQL'} {said}", "MariaDB 10.6 or MySQL 8.0")
    if (engine := _one(opened, "SELECT @@default_storage_engine")) != "InnoDB":
        yield Finding(
            f"the default storage engine is {engine}",
            "Tables without transactions lose and double work.",
            "default_storage_engine = InnoDB in /etc/mysql/mariadb.conf.d/60-cupola.cnf",
        )
    if _one(opened, "SELECT @@global.read_only") not in ("0", "OFF"):
        yield _read_only()
    yield from _few_connections(int(_one(opened, "SELECT @@max_connections")), "SET GLOBAL max_connections = 300")
    yield from _grants([str(row[0]) for row in opened.exec_driver_sql("SHOW GRANTS")], url)


def _grants(lines: list[str], url: URL) -> Iterator[Finding]:
    """What the user may do with the database. DDL is not rolled back there, so nothing is tried."""
    held: set[str] = set()
    for line in lines:
        rights, _, rest = line.removeprefix("GRANT ").partition(" ON ")
        scope = rest.partition(" TO ")[0].replace("`", "").replace("\\", "")
        if scope in ("*.*", f"{url.database}.*"):
            held |= {right.strip() for right in rights.split(",")}
    missing = [] if held & {"ALL PRIVILEGES", "ALL"} else [right for right in _RIGHTS if right not in held]
    if missing:
        yield Finding(
            f"{url.username} lacks on {url.database}: {', '.join(missing)}",
            "`cupola db sync` makes and changes tables, the cloud reads and writes them.",
            f"mariadb -e \"GRANT ALL ON {url.database}.* TO {url.username}@'%'\"",
        )


def _old(found: str, needed: str) -> Finding:
    return Finding(f"{found} is too old", f"Cupola needs {needed} or later.", "Upgrade the database server")


def _read_only() -> Finding:
    return Finding(
        "the database takes no writes",
        "It is a replica, or was made read only.",
        "Name the primary in [database] connection",
    )


def _few_connections(number: int, remedy: str) -> Iterator[Finding]:
    if number < CONNECTIONS:
        yield Finding(
            f"the database takes {number} connections",
            "An API process uses up to 80 under load, a conductor 20.",
            f"{remedy} (and restart it)",
            "warning",
        )
