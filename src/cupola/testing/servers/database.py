"""Private PostgreSQL and MariaDB servers.

    with database_server("postgresql", tcp=True) as server:
        url = server.new_database("cloud")
        server.restart()

A server lives in a directory of its own, listens on a Unix socket there and, with `tcp`, on a free port of 127.0.0.1,
where users have passwords: for databases that several processes use. Databases keep what was committed when the server
is stopped or killed, not when the machine loses power.
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
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import DBAPIError

from cupola.testing.servers import free_port

KINDS = ("postgresql", "mariadb")
USER, PASSWORD = "cupola", "c0ntr0l/@:"
START_LIMIT = 90
"""seconds until a database server answers: on a machine that is busy with tests it takes its time"""

_lasting = ThreadPoolExecutor(1)
"""A thread that lives as long as this process."""
_MARIADB = "/usr/sbin/mariadbd"


def installed(kind: str) -> bool:
    """Whether this machine has the programs of a kind of server."""
    return _postgresql_programs() is not None if kind == "postgresql" else Path(_MARIADB).exists()


@contextlib.contextmanager
def database_server(kind: str, tcp: bool = False, connections: int = 200) -> Iterator[DatabaseServer]:
    """A new server that runs, and ends with the block."""
    with tempfile.TemporaryDirectory(prefix=f"cupola-{kind}-") as directory:
        made = {"postgresql": PostgresqlServer, "mariadb": MariadbServer}[kind](Path(directory), tcp, connections)
        made.make()
        try:
            made.start()
            yield made
        finally:
            made.stop()


class DatabaseServer:
    """A private server; see the module. `url` is that of its own first database, as its superuser, on the socket."""

    kind: str
    url: str
    user: str
    """of the operating system: database servers refuse to run as root"""
    stop_signal: signal.Signals

    def __init__(self, directory: Path, tcp: bool, connections: int) -> None:
        self.directory = directory
        self.port = free_port() if tcp else None
        self.connections = connections
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None

    def _makers(self) -> list[list[str]]:
        """The commands that make the server's files."""
        raise NotImplementedError

    def _command(self) -> list[str]:
        """The command that runs the server."""
        raise NotImplementedError

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server does not run"
        return self._process.pid

    def make(self) -> None:
        """Make the server's files."""
        if os.geteuid() == 0:
            shutil.chown(self.directory, self.user, self.user)
        for command in self._makers():
            done = subprocess.run(self._as_user(command), cwd=self.directory, capture_output=True, text=True)
            assert done.returncode == 0, f"{command[0]} failed: {done.stdout}{done.stderr}"

    def start(self) -> None:
        """Run the server; it answers when this returns."""
        end = time.monotonic() + START_LIMIT
        self._process = self._spawn()
        while True:
            try:
                return self.execute("SELECT 1")
            except DBAPIError as error:
                if time.monotonic() > end:
                    raise TimeoutError(f"{self.kind}: {(self.directory / 'log').read_text()[-2000:]}") from error
            time.sleep(0.1)
            if self._process.poll() is not None:  # what is left of a killed one goes away within a moment
                self._process = self._spawn()

    def _spawn(self) -> subprocess.Popen[bytes]:
        """The server, which dies with this process at the latest: that is, with the thread that starts it."""
        command = ["setpriv", "--pdeathsig", self.stop_signal.name.removeprefix("SIG"), *self._command()]
        with (self.directory / "log").open("ab") as log:
            started = _lasting.submit(
                subprocess.Popen[bytes], self._as_user(command), cwd=self.directory, stdout=log, stderr=log
            )
            return started.result()

    def stop(self) -> None:
        """End it as an operator does: clients lose their connections, what is under way is rolled back."""
        self._end(self.stop_signal)

    def kill(self) -> None:
        """End it as a crash does."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()

    def execute(self, *statements: str, url: str | None = None) -> None:
        """Run statements as the superuser, each committed by itself."""
        engine = create_engine(url or self.url, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                for statement in statements:
                    connection.exec_driver_sql(statement)
        finally:
            engine.dispose()

    def new_database(self, name: str) -> str:
        """Make an empty database and the user who may do everything in it (and nothing elsewhere); returns its URL."""
        raise NotImplementedError

    def database_url(self, name: str) -> str:
        """The URL of a database as that user, by TCP where the server has a port."""
        url = make_url(self.url).set(username=USER, password=PASSWORD, database=name)
        if self.port:
            url = url.set(host="127.0.0.1", port=self.port, query={})
        return url.render_as_string(hide_password=False)

    @contextlib.contextmanager
    def scratch(self) -> Iterator[str]:
        """The URL of an empty database, for the superuser, which is dropped at the end: the cheapest kind."""
        raise NotImplementedError
        yield

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _as_user(self, command: list[str]) -> list[str]:
        as_user = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--init-groups", "--reset-env"]
        return [*as_user, *command] if os.geteuid() == 0 else command


class PostgresqlServer(DatabaseServer):
    kind, user, stop_signal = "postgresql", "postgres", signal.SIGINT

    def __init__(self, directory: Path, tcp: bool, connections: int) -> None:
        super().__init__(directory, tcp, connections)
        self.url = f"postgresql+psycopg://postgres@/postgres?host={directory}"

    def _makers(self) -> list[list[str]]:
        programs = _postgresql_programs()
        assert programs is not None, "PostgreSQL is not installed"
        data = ["-D", str(self.directory / "data")]
        who = ["-U", "postgres", "--auth-local=trust", "--auth-host=scram-sha-256"]
        return [[str(programs / "initdb"), *data, *who, "-E", "UTF8", "--locale=C.UTF-8", "-N"]]

    def _command(self) -> list[str]:
        listen = ["listen_addresses=127.0.0.1", f"port={self.port}"] if self.port else ["listen_addresses="]
        settings = [*listen, f"unix_socket_directories={self.directory}", f"max_connections={self.connections}"]
        words = [word for setting in [*settings, "fsync=off"] for word in ("-c", setting)]
        return [f"{_postgresql_programs()}/postgres", "-D", str(self.directory / "data"), *words]

    def start(self) -> None:
        if self.port:
            self.url = f"postgresql+psycopg://postgres@:{self.port}/postgres?host={self.directory}"
        super().start()

    def new_database(self, name: str) -> str:
        self.execute(
            f"DO $$ BEGIN CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'; EXCEPTION WHEN duplicate_object THEN NULL; "
            "END $$",
            f"CREATE DATABASE {name} OWNER {USER}",
        )
        return self.database_url(name)

    @contextlib.contextmanager
    def scratch(self) -> Iterator[str]:
        name = f"cupola_{next(self._numbers)}"
        self.execute(f"CREATE SCHEMA {name}")  # a database copies files: a schema of one is much cheaper
        yield f"{self.url}&options=-csearch_path%3D{name}"
        self.execute(f"DROP SCHEMA {name} CASCADE")


class MariadbServer(DatabaseServer):
    kind, user, stop_signal = "mariadb", "mysql", signal.SIGTERM

    def __init__(self, directory: Path, tcp: bool, connections: int) -> None:
        super().__init__(directory, tcp, connections)
        self.url = f"mariadb+pymysql://root@localhost/mysql?unix_socket={directory / 'socket'}"
        self._common = ["--no-defaults", f"--datadir={directory / 'data'}", "--innodb-use-native-aio=0"]

    def _makers(self) -> list[list[str]]:
        make = ["mariadb-install-db", *self._common, "--auth-root-authentication-method=normal", "--skip-test-db"]
        return [["mkdir", str(self.directory / "data")], make]

    def _command(self) -> list[str]:
        sockets = [f"--socket={self.directory / 'socket'}", f"--pid-file={self.directory / 'pid'}"]
        listen = ["--bind-address=127.0.0.1", f"--port={self.port}"] if self.port else ["--skip-networking"]
        settings = ["--innodb-flush-log-at-trx-commit=2", f"--max-connections={self.connections}"]
        return [_MARIADB, *self._common, *sockets, *listen, *settings, "--skip-name-resolve"]

    def new_database(self, name: str) -> str:
        host = "127.0.0.1" if self.port else "localhost"
        self.execute(
            f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            f"CREATE USER IF NOT EXISTS {USER}@{host} IDENTIFIED BY '{PASSWORD}'",
            f"GRANT ALL ON {name}.* TO {USER}@{host}",
        )
        return self.database_url(name)

    @contextlib.contextmanager
    def scratch(self) -> Iterator[str]:
        name = f"cupola_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        yield make_url(self.url).set(database=name).render_as_string(hide_password=False)
        self.execute(f"DROP DATABASE {name}")


def _postgresql_programs() -> Path | None:
    """Debian keeps each version's programs apart; the newest."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None
