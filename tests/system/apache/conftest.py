"""A cloud's database and keys, and private Apaches that serve it; nothing else of the cloud runs."""

from __future__ import annotations

import json
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any, TypeVar

import pytest

from cupola.base import ledger
from cupola.base.bus.memory import MemoryBus
from cupola.base.clock import SystemClock
from cupola.base.context import system_context
from cupola.base.db.migrations import sync
from cupola.base.db.transaction import Database
from cupola.base.ids import RandomIds, request_id
from cupola.base.runtime import Wakeups
from cupola.testing.servers.apache import ApacheServer, apache_server, installed
from cupola.wiring.bootstrap import bootstrap
from cupola.wiring.services import Parts, assemble
from cupola.wiring.settings import load_settings

T = TypeVar("T")
PASSWORD = "secret"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not installed():
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip("Apache with mod_wsgi for this Python is not installed"))


@dataclass(frozen=True)
class Answer:
    """Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def id(self) -> str:
        """The id that the answer names."""
        return self.headers["x-openstack-request-id"]


def ask(
    url: str,
    method: str = "GET",
    body: Any = None,
    token: str | None = None,
    headers: Mapping[str, str] | None = None,
    context: ssl.SSLContext | None = None,
) -> Answer:
    """One request. `body` is JSON, or bytes (or an iterable of them, which go in chunks)."""
    sent = {"Content-Type": "application/json", **(headers or {}), **({"X-Auth-Token": token} if token else {})}
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    request = urllib.request.Request(url, data, sent, method=method)
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), _Stay)
    try:
        with opener.open(request, timeout=60) as answer:
            return Answer(answer.status, _lower(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, _lower(error.headers), error.read())


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


class _Stay(urllib.request.HTTPRedirectHandler):
    """Shows redirections instead of following them."""

    def redirect_request(self, *_: Any) -> None:
        return None


def eventually(question: Callable[[], T], within: float = 60) -> T:
    """Ask until there is an answer that counts: Apache writes its log after the client has its answer."""
    end = time.monotonic() + within
    while not (answer := question()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
    return answer


def log_in(identity: str, name: str = "admin", context: ssl.SSLContext | None = None) -> Answer:
    """A token of a user in the project of that name, from identity's root."""
    domain = {"id": "default"}
    who = {"user": {"name": name, "domain": domain, "password": PASSWORD}}
    auth = {
        "identity": {"methods": ["password"], "password": who},
        "scope": {"project": {"name": name, "domain": domain}},
    }
    answer = ask(f"{identity}/v3/auth/tokens", "POST", {"auth": auth}, context=context)
    assert answer.status == 201, answer.content
    return answer


@dataclass(frozen=True)
class Cloud:
    """Where a cloud keeps everything, and its settings."""

    state_dir: Path
    config: Path


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    scratch = tmp_path_factory.mktemp("cloud")
    made = Cloud(scratch / "state", scratch / "cupola.toml")
    made.state_dir.mkdir()
    made.config.write_text('[DEFAULT]\nhypervisor = "simulated"\npublic_url = "http://cloud.test"\n')
    settings, ids = load_settings(made.config, made.state_dir, {}), RandomIds()
    database = Database(settings.database_url, SystemClock(), durable=False, before_commit=ledger.record_change)
    sync(database.engine)
    wakeups = Wakeups()
    system, people = assemble(settings, Parts(database, SystemClock(), ids, MemoryBus(wakeups), wakeups))
    bootstrap(system_context(system.cloud, request_id(ids)), settings, people, PASSWORD, PASSWORD)
    database.close()
    return made


@pytest.fixture(scope="session")
def served(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheServer]:
    """The cloud under Apache, as it is installed."""
    directory = tmp_path_factory.mktemp("apache")
    with apache_server(directory, config=cloud.config, state_dir=cloud.state_dir) as server:
        yield server


@pytest.fixture(scope="session")
def token(served: ApacheServer) -> str:
    """An administrator's."""
    return log_in(f"{served.url}/identity").headers["x-subject-token"]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 with its key, in one file."""
    directory = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out certificate.pem -days 2 -subj /CN=cloud"
    subprocess.run(
        [*command.split(), "-addext", "subjectAltName=IP:127.0.0.1"], cwd=directory, check=True, capture_output=True
    )
    both = directory / "both.pem"
    both.write_text((directory / "certificate.pem").read_text() + (directory / "key.pem").read_text())
    return both
