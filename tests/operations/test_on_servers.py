"""Generic tests of operations on what production stands on: PostgreSQL and RabbitMQ. Whole suites run so with
CUPOLA_TEST_DATABASE=postgresql CUPOLA_TEST_BROKER=rabbitmq."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.operations.scenarios import SCENARIOS

from cupola.testing import brokers, databases
from cupola.testing.operations import Scenario, run_with_crash, run_with_doubled_steps
from cupola.testing.servers import rabbitmq
from cupola.testing.servers.database import installed


@pytest.fixture(autouse=True)
def on_servers() -> Iterator[None]:
    if not installed("postgresql") or not rabbitmq.installed():
        pytest.skip("postgresql or rabbitmq-server is not installed (`make test` installs them)")
    with databases.standing_on("postgresql"), databases.given_back(), brokers.standing_on("rabbitmq"):
        yield


@pytest.mark.parametrize("scenario", SCENARIOS[::3], ids=str)
def test_every_step_may_be_done_twice(scenario: Scenario, tmp_path: Path) -> None:
    run_with_doubled_steps(scenario, tmp_path)


@pytest.mark.parametrize("scenario", SCENARIOS[1::4], ids=str)
def test_a_crash_changes_nothing_in_the_end(scenario: Scenario, tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    passed = run_with_crash(scenario, tmp_path / "whole", None)
    (tmp_path / "crashed").mkdir()
    run_with_crash(scenario, tmp_path / "crashed", passed // 2)
