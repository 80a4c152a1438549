"""Processes are replaced and Apache reloaded under load, and no request fails; docs/apache.md says what is for what."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from tests.system.apache.conftest import Answer, Cloud, ask, eventually

from cupola.testing.servers.apache import ApacheServer, apache_server

LONG = 6
"""seconds that an upload takes, which is longer than Apache leaves daemon processes at a graceful restart"""


class Load:
    """Clients that keep their connections and one that does not, and an upload that is under way the whole time."""

    def __init__(self, server: ApacheServer, token: str) -> None:
        self._server, self._token = server, token
        self._ended = threading.Event()
        self._begun = False
        self.answered = 0
        self.failed: list[str] = []
        self.uploaded: Answer | None = None
        self._threads = [threading.Thread(target=self._ask, args=(kept,)) for kept in (True, True, False)]
        self._upload = threading.Thread(target=self._send)

    def __enter__(self) -> Load:
        for thread in (*self._threads, self._upload):
            thread.start()
        eventually(lambda: self._begun and self.answered)
        return self

    def __exit__(self, *_: object) -> None:
        self._upload.join()
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, kept: bool) -> None:
        with requests.Session() as session:
            session.headers.update({"X-Auth-Token": self._token, **({} if kept else {"Connection": "close"})})
            while not self._ended.wait(0.02):
                try:
                    status = session.get(f"{self._server.url}/compute/v2.1/flavors", timeout=30).status_code
                except requests.RequestException as error:
                    self.failed.append(repr(error))
                else:
                    self.answered += 1
                    self.failed += [str(status)] if status != 200 else []

    def _send(self) -> None:
        image = {"name": "slow", "disk_format": "raw", "container_format": "bare"}
        path = f"{self._server.url}/image/v2/images"
        id_ = ask(path, "POST", image, self._token).json["id"]
        headers = {"Content-Type": "application/octet-stream"}
        self.uploaded = ask(f"{path}/{id_}/file", "PUT", self._slowly(), self._token, headers)

    def _slowly(self) -> Iterator[bytes]:
        end = time.monotonic() + LONG
        while time.monotonic() < end:
            yield bytes(1 << 16)
            time.sleep(0.1)
            self._begun = True


@pytest.fixture
def server(cloud: Cloud, tmp_path: Path) -> Iterator[ApacheServer]:
    with apache_server(tmp_path, config=cloud.config, state_dir=cloud.state_dir, ports={}) as server:
        for _ in range(4):  # both processes have what they need
            ask(f"{server.url}/identity/v3")
        yield server


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").exists() and ") Z " not in Path(f"/proc/{pid}/stat").read_text()


def test_one_process_after_the_other_is_replaced_without_a_failed_request(server: ApacheServer, token: str) -> None:
    """What the docs recommend: the rest goes on taking requests while one ends what it has under way."""
    before = server.daemons()
    with Load(server, token) as load:
        for pid in before:
            os.kill(pid, signal.SIGTERM)
            eventually(lambda pid=pid: not alive(pid))
        eventually(lambda: len(server.daemons()) == len(before))
    assert not load.failed and load.answered > 5
    assert load.uploaded is not None and load.uploaded.status == 204
    assert not set(before) & set(server.daemons())


def test_a_touched_script_has_all_processes_replaced_without_a_failed_request(server: ApacheServer, token: str) -> None:
    """Each at its next request, when it has ended what it has under way."""
    before = server.daemons()
    with Load(server, token) as load:
        server.reload_application()
        eventually(lambda: set(before) - set(server.daemons()))
    assert not load.failed and load.answered > 5
    assert load.uploaded is not None and load.uploaded.status == 204
    eventually(lambda: ask(f"{server.url}/identity/v3").status == 200 and not set(before) & set(server.daemons()))


@pytest.mark.skipif(
    "CUPOLA_TEST_APACHE" not in os.environ, reason="on a busy machine more takes that long: make test-full"
)
def test_a_graceful_restart_fails_no_request_but_those_that_take_longer_than_three_seconds(
    server: ApacheServer, token: str
) -> None:
    """Apache gives the processes of an older configuration 3 seconds and no setting for more."""
    before = server.daemons()
    with Load(server, token) as load:
        server.send(signal.SIGUSR1)
        eventually(lambda: server.daemons() and not set(before) & set(server.daemons()))
    assert not load.failed and load.answered > 5
    assert load.uploaded is not None and load.uploaded.status == 500
    assert "read error" in server.error_log or "Truncated" in server.error_log


def test_a_graceful_stop_ends_all_that_is_under_way(server: ApacheServer, token: str) -> None:
    """Also what takes long; whoever comes meanwhile has no answer."""
    with Load(server, token) as load:
        server.send(signal.SIGWINCH)
        server.wait()
    assert load.uploaded is not None and load.uploaded.status == 204
    assert load.failed and all("ConnectionError" in failure for failure in load.failed)
