"""Generic tests of operations on what production stands on: PostgreSQL or MariaDB, and RabbitMQ.

Whole suites run so with CUPOLA_TEST_DATABASE=postgresql CUPOLA_TEST_BROKER=rabbitmq.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import require
from tests.operations.scenarios import SCENARIOS

from cupola.testing import brokers, databases
from cupola.testing.operations import Scenario, run_with_crash, run_with_doubled_steps
from cupola.testing.servers import rabbitmq

DOUBLED = [("postgresql", scenario) for scenario in SCENARIOS[::3]] + [("mariadb", each) for each in SCENARIOS[1::3]]
CRASHED = [("postgresql", scenario) for scenario in SCENARIOS[1::4]] + [("mariadb", each) for each in SCENARIOS[3::4]]
"""Each database has scenarios of its own: all of them on both is what the whole suites are for."""


@contextlib.contextmanager
def standing_on(database: str) -> Iterator[None]:
    require(database)
    if not rabbitmq.installed():
        pytest.skip("rabbitmq-server is not installed (`make test` installs it)")
    with databases.standing_on(database), databases.given_back(), brokers.standing_on("rabbitmq"):
        yield


@pytest.mark.parametrize(("database", "scenario"), DOUBLED, ids=str)
def test_every_step_may_be_done_twice(database: str, scenario: Scenario, tmp_path: Path) -> None:
    with standing_on(database):
        run_with_doubled_steps(scenario, tmp_path)


@pytest.mark.parametrize(("database", "scenario"), CRASHED, ids=str)
def test_a_crash_changes_nothing_in_the_end(database: str, scenario: Scenario, tmp_path: Path) -> None:
    with standing_on(database):
        (tmp_path / "whole").mkdir()
        passed = run_with_crash(scenario, tmp_path / "whole", None)
        (tmp_path / "crashed").mkdir()
        run_with_crash(scenario, tmp_path / "crashed", passed // 2)
