"""The WSGI callables: made by the first request, once in a process, and again after a failure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from falcon import testing

import cupola.wsgi
from cupola.base.db.migrations import sync
from cupola.base.db.transaction import Database
from cupola.wsgi import AGAIN_AFTER

ID = "req-12345678-1234-1234-1234-123456789012"


def ask(environ: dict[str, str]) -> testing.Result:
    return testing.simulate_get(cupola.wsgi.application, "/identity", extras=environ)


def with_tables(state_dir: Path) -> None:
    """Make the database as an operator does before anything is started."""
    database = Database(f"sqlite:///{state_dir / 'cupola.db'}")
    sync(database.engine)
    database.close()


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> cupola.wsgi._Process:
    """As if nobody had asked this process yet."""
    fresh = cupola.wsgi._Process()
    monkeypatch.setattr(cupola.wsgi, "_process", fresh)
    return fresh


def test_importing_loads_no_service() -> None:
    loaded = "import sys, cupola.wsgi; print([m for m in sys.modules if 'sqlalchemy' in m or 'cupola.' in m])"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['cupola.wsgi']"


def test_settings_that_are_wrong_are_a_503_that_names_the_request_and_the_log_says_why(
    process: cupola.wsgi._Process, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "cupola.toml"
    config.write_text("[DEFAULT]\nprot = 5\n")
    answer = ask({"CUPOLA_CONFIG": str(config), "CUPOLA_STATE_DIR": str(tmp_path), "CUPOLA_REQUEST_ID": ID})
    assert answer.status_code == 503
    assert answer.json["error"]["code"] == 503
    assert answer.headers["x-openstack-request-id"] == ID
    assert answer.headers["retry-after"] == str(AGAIN_AFTER)
    assert "did you mean 'port'?" in capfd.readouterr().err


def test_it_is_tried_again_after_a_while_and_not_by_each_request(
    process: cupola.wsgi._Process, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now = [100.0]
    monkeypatch.setattr(cupola.wsgi, "_now", lambda: now[0])
    config = tmp_path / "cupola.toml"
    config.write_text("[nothing]\n")
    with_tables(tmp_path)
    environ = {"CUPOLA_CONFIG": str(config), "CUPOLA_STATE_DIR": str(tmp_path)}
    assert ask(environ).status_code == 503
    config.write_text('[DEFAULT]\nhypervisor = "simulated"\n')
    assert ask(environ).status_code == 503
    now[0] += AGAIN_AFTER
    assert ask(environ).status_code == 300
    assert process.apis(environ) is process.apis({})


def test_a_child_of_the_process_makes_its_own(process: cupola.wsgi._Process, tmp_path: Path) -> None:
    """Connections and locks are no good on both sides of a fork."""
    with_tables(tmp_path)
    environ = {"CUPOLA_STATE_DIR": str(tmp_path)}
    assert ask(environ).status_code == 300
    ours = process.apis(environ)
    pid = os.fork()
    if pid == 0:
        os._exit(0 if process._apis is None and not process._lock.locked() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert process.apis(environ) is ours
