"""Real servers, as their superuser and as a user who lacks something."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url
from tests.conftest import Servers
from tests.unit.install.machines import SaidMachine, situation

from cupola.install.checks.clocks import skew
from cupola.install.checks.database import database
from cupola.install.checks.finding import Finding


def look(url: str, tmp_path: Path) -> list[Finding]:
    return list(database(situation(SaidMachine(at=time.time()), tmp_path, database={"connection": url})))


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_server_as_debian_has_it_is_fit(kind: str, database_servers: Servers, tmp_path: Path) -> None:
    with database_servers(kind).scratch() as url:
        assert look(url, tmp_path) == []


def test_a_user_who_may_not_make_tables_is_found_on_postgresql(database_servers: Servers, tmp_path: Path) -> None:
    server = database_servers("postgresql")
    server.execute("CREATE ROLE reader LOGIN")
    url = make_url(server.url).set(username="reader").render_as_string(hide_password=False)
    (finding,) = look(url, tmp_path)
    assert "reader may not do what `cupola db sync` does: permission denied" in finding.what
    server.execute("DROP ROLE reader")


def test_a_user_who_lacks_rights_is_found_on_mariadb(database_servers: Servers, tmp_path: Path) -> None:
    server = database_servers("mariadb")
    server.execute("CREATE DATABASE narrow CHARACTER SET utf8mb4")
    server.execute("CREATE USER narrow@localhost IDENTIFIED BY 'secret'")
    server.execute("GRANT SELECT, INSERT, UPDATE ON narrow.* TO narrow@localhost")
    url = make_url(server.url).set(username="narrow", password="secret", database="narrow")
    (finding,) = look(url.render_as_string(hide_password=False), tmp_path)
    assert "lacks on narrow: DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES" in finding.what
    assert "secret" not in str(finding)
    server.execute("DROP DATABASE narrow")
    server.execute("DROP USER narrow@localhost")


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    (finding,) = look("postgresql://cupola:secret@127.0.0.1:1/cloud", tmp_path)
    assert "127.0.0.1:1/cloud" in finding.what
    assert "createdb --owner=cupola" in finding.remedy
    assert "secret" not in str(finding)


@pytest.mark.parametrize("url", ["oracle://x/y", "no url"])
def test_a_database_that_we_do_not_speak_is_refused(url: str, tmp_path: Path) -> None:
    (finding,) = look(url, tmp_path)
    assert "[database] connection" in finding.what


@pytest.mark.parametrize(
    ("there", "what"), [(100.5, None), (99.0, None), (110.0, "ahead of"), (90.0, "behind"), (98.5, None)]
)
def test_a_clock_is_compared_with_the_time_around_the_question(there: float, what: str | None) -> None:
    found = list(skew("the other", there, 100.0, 101.0))
    assert [what in finding.what for finding in found] == ([True] if what else [])  # type: ignore[operator]
