"""Private servers for tests: databases (see `cupola.testing.databases`) and a broker.

A test that takes `database_url` runs once for each database; where the Debian packages are missing, it is skipped.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

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
        pytest.skip("rabbitmq-server is not installed (`make test` installs it)")
    return brokers.server()


THE_MACHINE = ("tests/system/", "tests/contract/hypervisor/")
"""Folders whose tests start many processes, or set up networks and guests."""


def share(nodeid: str) -> str:
    """What one of several workers (`-n 2`) does alone: a file, or all that is at work on the machine."""
    return "the machine" if nodeid.startswith(THE_MACHINE) else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadScopeScheduling

    class Sharing(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return share(nodeid)

    config.option.loadscopereorder = False
    return Sharing(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is at work on the machine is the longest share, mostly spent waiting: a worker begins with it."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: share(item.nodeid) != "the machine")


ON_EACH = ("test_write_budget",)
"""Modules whose clouds stand on each kind of database in turn; CUPOLA_TEST_DATABASE has all of them stand on one."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__.rpartition(".")[2] in ON_EACH and "CUPOLA_TEST_DATABASE" not in os.environ:
        metafunc.parametrize("_cloud_database", ("sqlite", *KINDS), indirect=True)


@pytest.fixture(autouse=True)
def _cloud_database(request: pytest.FixtureRequest) -> Iterator[None]:
    """What the clouds of a test stand on; the database of one is the next one's."""
    kind = getattr(request, "param", databases.kind())
    require(kind)
    with databases.standing_on(kind), databases.given_back():
        yield
