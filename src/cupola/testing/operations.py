"""What every operation must stand: each step twice, a failure at each step, each undo twice, a crash anywhere.

A `Scenario` says how to bring a cloud to the point (`prepare`), what to ask (`act`), and what must be true in the end,
whether the operation was done or undone. Doctor must have nothing to say in any case.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cupola.base.operations import Operation, Step, StepFailed
from cupola.testing.cloud import TestCloud


@dataclass(frozen=True)
class Scenario:
    """One operation under test.

    `act` asks for it and returns whatever `check` needs; `check` is told whether the operation could be done. Both
    speak to the cloud as a client would.
    """

    operation: str
    prepare: Callable[[TestCloud], Any]
    act: Callable[[TestCloud, Any], Any]
    check: Callable[[TestCloud, Any, bool], None]

    def __str__(self) -> str:
        return self.operation


def doubled(operation: Operation) -> Operation:
    """The operation with every step and every undo done twice."""
    return replace(operation, steps=tuple(_doubled(step) for step in operation.steps))


def _doubled(step: Step) -> Step:
    changes: dict[str, Any] = {"do": _twice(step.do)}
    if step.undo is not None:
        changes["undo"] = _twice(step.undo)
    if step.reported is not None:
        changes["reported"] = _twice(step.reported)
    return replace(step, **changes)


def _twice(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def run(*arguments: Any) -> Any:
        function(*arguments)
        return function(*arguments)

    return run


def failures(operation: Operation) -> Iterator[tuple[str, str]]:
    """Where an operation can fail: before and after each step, and when a report comes in."""
    for step in operation.steps:
        yield step.name, "do"
        yield step.name, "do-ed"
        if step.reported is not None:
            yield step.name, "reported"


def run_with_doubled_steps(scenario: Scenario, directory: Path) -> None:
    """Every step twice: the result is that of once."""
    cloud = TestCloud(directory)
    _double(cloud)
    _run(scenario, cloud, possible=True)


def run_with_failure(scenario: Scenario, directory: Path, step: str, phase: str, double_undo: bool) -> None:
    """The step fails at every attempt (a forward-only operation: at the first), then everything is undone."""
    cloud = TestCloud(directory)
    if double_undo:
        _double(cloud)
    definition = cloud.system.cloud.operations.definitions[scenario.operation]
    prepared = scenario.prepare(cloud)
    cloud.settle()
    failed: list[str] = []

    def fault(operation: str, at: str, when: str) -> None:
        if (operation, at, when) == (scenario.operation, step, phase) and not (definition.forward_only and failed):
            failed.append(at)
            raise StepFailed(f"injected at {step} {phase}")

    cloud.system.cloud.operations.fault = fault
    outcome = scenario.act(cloud, prepared)
    cloud.settle()
    assert failed, f"{scenario.operation} never came to {step} {phase}"
    scenario.check(cloud, outcome, definition.forward_only)
    cloud.assert_sound()


def run_with_crash(scenario: Scenario, directory: Path, checkpoint: int | None) -> int:
    """Die at one checkpoint; it still ends as if nothing had been. Returns how many checkpoints there were."""
    cloud = TestCloud(directory, crash_at=frozenset() if checkpoint is None else frozenset({checkpoint}))
    prepared = scenario.prepare(cloud)
    cloud.settle()
    outcome = scenario.act(cloud, prepared)
    cloud.checkpoints.armed = True
    cloud.settle()
    cloud.checkpoints.armed = False
    scenario.check(cloud, outcome, True)
    cloud.assert_sound()
    return len(cloud.checkpoints.passed)


def _double(cloud: TestCloud) -> None:
    definitions: Mapping[str, Operation] = cloud.system.cloud.operations.definitions
    for name in list(definitions):
        cloud.system.cloud.operations.definitions[name] = doubled(definitions[name])


def _run(scenario: Scenario, cloud: TestCloud, possible: bool) -> None:
    prepared = scenario.prepare(cloud)
    cloud.settle()
    outcome = scenario.act(cloud, prepared)
    cloud.settle()
    scenario.check(cloud, outcome, possible)
    cloud.assert_sound()
