"""Private servers for tests: databases (see `cupola.testing.databases`) and a broker.

A test that takes `database_url` runs once for each database; where the Debian packages are missing, it is skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cupola.testing import brokers, databases
from cupola.testing.servers import rabbitmq as rabbits
from cupola.testing.servers.database import KINDS, DatabaseServer, installed

Servers = Callable[[str], DatabaseServer]


def require(kind: str) -> None:
    if kind != "sqlite" and not installed(kind):
        pytest.skip(f"the {kind} server is not installed (`make test` installs it)")


@pytest.fixture(scope="session")
def database_servers() -> Servers:
    """The private server of a kind, started when it is first asked for."""

    def server(kind: str) -> DatabaseServer:
        require(kind)
        return databases.server(kind)

    return server


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


@pytest.fixture(autouse=True)
def _databases_given_back() -> Iterator[None]:
    """The database of a test's cloud is the next one's."""
    with databases.given_back():
        yield
