"""Databases for tests: a fresh SQLite file, or a fresh database on a private PostgreSQL or MariaDB server.

A test that takes `database_url` runs once for each. The servers live in a temporary directory, listen on a Unix socket
only, and end with the test session; where the Debian packages are missing, their tests are skipped.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

DATABASES = ("sqlite", "postgresql", "mariadb")
START_LIMIT = 60
"""seconds until a database server answers"""

_numbers = itertools.count(1)


class DatabaseServer:
    """A private database server. `url` is that of its own first database, as its superuser."""

    def __init__(self, user: str, make: list[list[str]], run: list[str], stop: signal.Signals, url: str) -> None:
        self._user, self._make, self._run, self._stop, self.url = user, make, run, stop, url
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, directory: Path) -> None:
        if os.geteuid() == 0:
            shutil.chown(directory, self._user, self._user)
        for command in self._make:
            done = subprocess.run(self._as_user(command), cwd=directory, capture_output=True, text=True)
            assert done.returncode == 0, f"{command[0]} failed: {done.stdout}{done.stderr}"
        with (directory / "log").open("wb") as log:
            self._process = subprocess.Popen(self._as_user(self._run), cwd=directory, stdout=log, stderr=log)
        self._wait()

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(self._stop)
            self._process.wait(60)

    def execute(self, statement: str) -> None:
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    def _as_user(self, command: list[str]) -> list[str]:
        """Database servers refuse to run as root."""
        as_user = ["setpriv", f"--reuid={self._user}", f"--regid={self._user}", "--init-groups", "--reset-env"]
        return [*as_user, *command] if os.geteuid() == 0 else command

    def _wait(self) -> None:
        end = time.monotonic() + START_LIMIT
        while True:
            try:
                return self.execute("SELECT 1")
            except DBAPIError:
                if time.monotonic() > end or (self._process is not None and self._process.poll() is not None):
                    raise
                time.sleep(0.1)


def _postgresql(directory: Path) -> DatabaseServer | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        return None
    data, programs = str(directory / "data"), found[-1].parent
    make = [str(programs / "initdb"), "-D", data, "-U", "cupola", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]
    settings = ["fsync=off", "max_connections=200", "listen_addresses=", f"unix_socket_directories={directory}"]
    run = [str(programs / "postgres"), "-D", data, *(word for setting in settings for word in ("-c", setting))]
    url = f"postgresql+psycopg://cupola@/postgres?host={directory}"
    return DatabaseServer("postgres", [make], run, signal.SIGINT, url)


def _mariadb(directory: Path) -> DatabaseServer | None:
    if shutil.which("mariadbd", path="/usr/sbin:/usr/bin") is None:
        return None
    data, socket = f"--datadir={directory / 'data'}", directory / "socket"
    common = ["--no-defaults", data, "--innodb-use-native-aio=0"]
    make = ["mariadb-install-db", *common, "--auth-root-authentication-method=normal", "--skip-test-db"]
    run = ["/usr/sbin/mariadbd", *common, f"--socket={socket}", f"--pid-file={directory / 'pid'}"]
    run += ["--skip-networking", "--innodb-flush-log-at-trx-commit=0", "--max-connections=200"]
    url = f"mariadb+pymysql://root@localhost/mysql?unix_socket={socket}"
    return DatabaseServer("mysql", [["mkdir", str(directory / "data")], make], run, signal.SIGTERM, url)


Servers = Callable[[str], DatabaseServer]


@pytest.fixture(scope="session")
def database_servers() -> Iterator[Servers]:
    """The private server of a kind, started when it is first asked for."""
    makers = {"postgresql": _postgresql, "mariadb": _mariadb}
    running: dict[str, DatabaseServer] = {}
    with contextlib.ExitStack() as stack:

        def server(kind: str) -> DatabaseServer:
            if kind not in running:
                directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"cupola-{kind}-")))
                made = makers[kind](directory)
                if made is None:
                    pytest.skip(f"the {kind} server is not installed (`make test-full` installs it)")
                stack.callback(made.stop)
                made.start(directory)
                running[kind] = made
            return running[kind]

        yield server


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path, database_servers: Servers) -> Iterator[str]:
    """The URL of an empty database of its own."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    server, name = database_servers(request.param), f"cupola_{next(_numbers)}"
    server.execute(f"CREATE SCHEMA {name}")
    if request.param == "postgresql":  # copies files for each database: a schema of one is much cheaper
        yield f"{server.url}&options=-csearch_path%3D{name}"
        server.execute(f"DROP SCHEMA {name} CASCADE")
    else:
        yield server.url.replace("/mysql?", f"/{name}?")
        server.execute(f"DROP SCHEMA {name}")
