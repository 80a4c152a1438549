"""Each operation of compute stands the generic tests of `cupola.testing.operations`."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.operations.scenarios import SCENARIOS

from cupola.base.operations import Operation
from cupola.compute.service import service
from cupola.testing.operations import (
    Scenario,
    failures,
    run_with_crash,
    run_with_doubled_steps,
    run_with_failing_undo,
    run_with_failure,
    undo_failures,
)

OPERATIONS: dict[str, Operation] = {operation.name: operation for operation in service().operations}
FAILURES = [
    pytest.param(scenario, *at, id=f"{scenario}-{'-'.join(at)}")
    for scenario in SCENARIOS
    for at in failures(OPERATIONS[scenario.operation])
]
UNDO_FAILURES = [
    pytest.param(scenario, *at, id=f"{scenario}-{'-'.join(at)}")
    for scenario in SCENARIOS
    for at in undo_failures(OPERATIONS[scenario.operation])
]


def test_every_operation_with_steps_has_a_scenario() -> None:
    with_steps = {name for name, operation in OPERATIONS.items() if operation.steps}
    assert {scenario.operation for scenario in SCENARIOS} == with_steps


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_every_step_may_be_done_twice(scenario: Scenario, tmp_path: Path) -> None:
    run_with_doubled_steps(scenario, tmp_path)


@pytest.mark.parametrize("double_undo", [False, True], ids=["undone", "undone-twice"])
@pytest.mark.parametrize(("scenario", "step", "phase"), FAILURES)
def test_a_failure_at_any_step_leaves_nothing_half_done(
    scenario: Scenario, step: str, phase: str, double_undo: bool, tmp_path: Path
) -> None:
    run_with_failure(scenario, tmp_path, step, phase, double_undo)


@pytest.mark.parametrize(("scenario", "step", "phase"), UNDO_FAILURES)
def test_an_undo_is_repeated_until_it_succeeds(scenario: Scenario, step: str, phase: str, tmp_path: Path) -> None:
    run_with_failing_undo(scenario, tmp_path, step, phase)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_a_crash_at_any_checkpoint_changes_nothing_in_the_end(scenario: Scenario, tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    checkpoints = run_with_crash(scenario, tmp_path / "whole", None)
    assert checkpoints >= 3, "one transaction has as many"
    for checkpoint in range(checkpoints):
        directory = tmp_path / str(checkpoint)
        directory.mkdir()
        run_with_crash(scenario, directory, checkpoint)
