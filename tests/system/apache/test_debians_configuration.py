"""The site beside what Debian's Apache has switched on already, enabled with Debian's own commands."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.system.apache.conftest import Cloud, ask, eventually

from cupola.install.apache import modules
from cupola.testing.servers.apache import PATH, ApacheServer, apache_server

DEBIANS = Path("/etc/apache2")


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    """A copy of the machine's configuration, as it comes with the package."""
    copy = tmp_path / "etc"
    shutil.copytree(DEBIANS, copy, symlinks=True)
    for site in (copy / "sites-enabled").iterdir():
        site.unlink()
    (copy / "ports.conf").write_text("")
    return copy


def test_what_it_needs_can_be_enabled_and_nothing_else_gets_in_its_way(
    cloud: Cloud, configuration: Path, tmp_path: Path
) -> None:
    environment = {**os.environ, "PATH": PATH, "APACHE_CONFDIR": str(configuration), "APACHE_LOG_DIR": str(tmp_path)}
    for name in ("RUN", "LOCK"):
        environment[f"APACHE_{name}_DIR"] = str(tmp_path)
    environment |= {
        "APACHE_PID_FILE": str(tmp_path / "pid"),
        "APACHE_RUN_USER": "www-data",
        "APACHE_RUN_GROUP": "www-data",
    }

    def debians(*command: str) -> str:
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    with apache_server(tmp_path, config=cloud.config, state_dir=cloud.state_dir, processes=1) as server:
        server.stop()
        debians("a2enmod", "--quiet", *modules(server.site))
        text = (tmp_path / "apache.conf").read_text()
        site = text[text.index("# Cupola's APIs") :]
        (configuration / "sites-available" / "cupola.conf").write_text(f"WSGISocketPrefix {tmp_path}/wsgi\n{site}")
        debians("a2ensite", "--quiet", "cupola")
        server.configuration, server.environment = configuration / "apache2.conf", environment
        server.start()
        assert_ours(server)


def assert_ours(server: ApacheServer) -> None:
    """Every path is the application's, and nothing of its answers is changed on the way."""
    for path in ("/", "/server-status", "/index.html", "/manual/"):
        answer = ask(f"{server.url}{path}")
        assert (answer.status, answer.headers["content-type"]) == (404, "application/json"), path
    answer = ask(f"{server.url}/identity/v3", headers={"Accept-Encoding": "gzip"})
    assert answer.status == 200 and answer.json["version"]["id"]
    head = ask(f"{server.url}/identity/v3", "HEAD", headers={"Accept-Encoding": "gzip"})
    assert (head.status, head.content) == (200, b"")
    eventually(lambda: f'"message":"HEAD /identity/v3 200","request_id":"{head.id}"' in server.error_log)
    for service in server.site.ports:
        assert ask(f"{server.url_of(service)}/healthcheck").status == 200
