"""`cupola status` of a cloud in parts, where it cannot ask more than how they are."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cupola.base.process import only_one
from cupola.cli.main import main
from cupola.testing.servers import free_port

HEALTH = {"status": "not ready", "parts": {"database": "no answer", "schema": "ok"}}


class Api(BaseHTTPRequestHandler):
    status = 503

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(json.dumps(HEALTH).encode())

    def log_message(self, *_: object) -> None:
        pass


class ReadyApi(Api):
    status = 200


@pytest.fixture
def urls() -> Iterator[list[str]]:
    """Of an API that is ready, one that is not, and none."""
    servers = [HTTPServer(("127.0.0.1", 0), handler) for handler in (ReadyApi, Api)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield [*(f"http://127.0.0.1:{server.server_port}" for server in servers), f"http://127.0.0.1:{free_port()}"]
    for server in servers:
        server.shutdown()
        server.server_close()


def status(directory: Path, *urls: str) -> Result:
    (directory / "cupola.toml").write_text(f'[agent]\ncontrol_url = "{",".join(urls)}"\n')
    words = ("status", "--config", str(directory / "cupola.toml"), "--state-dir", str(directory))
    return CliRunner().invoke(main, words)


def test_each_api_is_asked(tmp_path: Path, urls: list[str]) -> None:
    said = status(tmp_path, *urls)
    assert said.exit_code == 0, said.output
    assert f"APIs at {urls[0]}: ready\n" in said.output
    assert f"APIs at {urls[1]}: not ready: database: no answer\n" in said.output
    assert f"APIs at {urls[2]}: no answer: [Errno 111]" in said.output
    assert "has no clouds.yaml" in said.output


def test_it_fails_where_no_api_is_ready(tmp_path: Path, urls: list[str]) -> None:
    said = status(tmp_path, *urls[1:])
    assert (said.exit_code, "None of the APIs is ready" in said.output) == (1, True)


def test_it_knows_whether_the_agent_of_this_machine_runs(tmp_path: Path, urls: list[str]) -> None:
    (tmp_path / "agent").mkdir()
    with only_one(tmp_path / "agent" / "lock", "it"):
        assert f"agent of {tmp_path}: process " in status(tmp_path, *urls).output
    assert f"agent of {tmp_path}: does not run" in status(tmp_path, *urls).output
