"""The listener for monitoring: the same words as beside the APIs, and figures that Prometheus' own parser reads."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cupola.base.errors import ConfigurationError
from cupola.base.http.server import Server
from cupola.base.observe.listener import address_of, observing
from cupola.base.observe.settings import ObserveSettings


@pytest.fixture
def missing() -> dict[str, str | None]:
    return {"control plane": None, "broker": None}


@pytest.fixture
def listener(tmp_path: Path, missing: dict[str, str | None]) -> Iterator[Server]:
    checks = {part: lambda part=part: missing[part] for part in missing}
    settings = ObserveSettings(bind="127.0.0.1:0", shared=tmp_path / "shared")
    server = observing(settings, checks)
    assert server is not None
    yield server
    server.stop()


def ask(listener: Server, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{listener.port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_it_says_that_it_lives_and_what_it_waits_for(listener: Server, missing: dict[str, str | None]) -> None:
    assert ask(listener, "/healthcheck") == (200, '{"status": "ok"}')
    missing["broker"] = "is away"
    status, body = ask(listener, "/healthcheck/ready")
    assert (status, json.loads(body)) == (
        503,
        {"status": "not ready", "parts": {"control plane": "ok", "broker": "is away"}},
    )
    assert ask(listener, "/") == (404, ask(listener, "/")[1])


def test_it_tells_the_figures_of_this_process(listener: Server) -> None:
    status, text = ask(listener, "/metrics")
    names = {family.name for family in text_string_to_metric_families(text)}
    assert status == 200
    assert {"cupola_agent_work", "cupola_component_step_seconds", "process_resident_memory_bytes"} <= names


def test_it_tells_those_of_the_apis_beside_it(listener: Server, tmp_path: Path) -> None:
    assert ask(listener, "/metrics/apis") == (200, "")
    (tmp_path / "shared").mkdir()
    program = "from cupola.base.observe.metrics import STATEMENTS; STATEMENTS.inc(3)"
    environment = {"PYTHONPATH": ":".join(sys.path), "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "shared")}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    assert "cupola_sql_statements_total 6.0" in ask(listener, "/metrics/apis")[1]


def test_there_is_none_unless_it_is_asked_for() -> None:
    assert observing(ObserveSettings(), {}) is None
    assert address_of("[::1]:9780") == ("::1", 9780)
    for wrong in ("9780", "127.0.0.1", "127.0.0.1:", "x:y", ":9780", "127.0.0.1:99999"):
        with pytest.raises(ConfigurationError, match="address:port"):
            address_of(wrong)
