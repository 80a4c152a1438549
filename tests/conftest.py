"""Private servers for tests: a fresh database (a SQLite file, or one on a PostgreSQL or MariaDB server), and a broker.

A test that takes `database_url` runs once for each; where the Debian packages are missing, their tests are skipped.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cupola.testing import brokers
from cupola.testing.servers import rabbitmq as rabbits
from cupola.testing.servers.database import KINDS, DatabaseServer, database_server, installed

Servers = Callable[[str], DatabaseServer]


@pytest.fixture(scope="session")
def database_servers() -> Iterator[Servers]:
    """The private server of a kind, started when it is first asked for."""
    running: dict[str, DatabaseServer] = {}
    with contextlib.ExitStack() as stack:

        def server(kind: str) -> DatabaseServer:
            if not installed(kind):
                pytest.skip(f"the {kind} server is not installed (`make test` installs it)")
            if kind not in running:
                running[kind] = stack.enter_context(database_server(kind))
            return running[kind]

        yield server


@pytest.fixture(params=("sqlite", *KINDS))
def database_url(request: pytest.FixtureRequest, tmp_path: Path, database_servers: Servers) -> Iterator[str]:
    """The URL of an empty database of its own."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    with database_servers(request.param).scratch() as url:
        yield url


@pytest.fixture(scope="session")
def rabbitmq() -> rabbits.RabbitServer:
    """A private RabbitMQ that all tests of the session share: use queues with a prefix of your own, and leave it up."""
    if not rabbits.installed():
        pytest.skip("rabbitmq-server is not installed (`make test-full` installs it)")
    return brokers.server()
