"""What every operation must stand: each step twice, a failure at each, each undo twice or failing, a crash anywhere.

A `Scenario` says how to bring a cloud to the point (`prepare`), what to ask (`act`), and what must be true in the end,
whether the operation was done or undone. The cloud must be sound in any case.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cupola.base.operations import Operation, Step, StepFailed
from cupola.testing.cloud import TestCloud
from cupola.testing.demo import Demo

UNDO_FAILS = 3
"""times, before it succeeds"""


@dataclass(frozen=True)
class Scenario:
    """One operation under test.

    `act` asks for it and returns whatever `check` needs; `check` is told whether the operation could be done. Both
    speak to the cloud as a client would.
    """

    title: str
    operation: str
    prepare: Callable[[Demo], Any]
    act: Callable[[Demo, Any], Any]
    check: Callable[[Demo, Any, bool], None]

    def __str__(self) -> str:
        return self.title


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


def undo_failures(operation: Operation) -> Iterator[tuple[str, str]]:
    """Where undoing it can fail: before and after each undo."""
    for step in operation.steps:
        if step.undo is not None and not operation.forward_only:
            yield step.name, "undo"
            yield step.name, "undo-ed"


def run_with_doubled_steps(scenario: Scenario, directory: Path) -> None:
    """Every step twice: the result is that of once."""
    demo = Demo(TestCloud(directory))
    _double(demo.cloud)
    _run(scenario, demo, possible=True)


def run_with_failure(scenario: Scenario, directory: Path, step: str, phase: str, double_undo: bool) -> None:
    """The step fails at every attempt (a forward-only operation: at the first), then everything is undone."""
    demo = Demo(TestCloud(directory))
    if double_undo:
        _double(demo.cloud)
    forward_only = _definition(scenario, demo.cloud).forward_only
    failed: list[str] = []

    def fault(operation: str, at: str, when: str) -> None:
        if (operation, at, when) == (scenario.operation, step, phase) and not (forward_only and failed):
            failed.append(at)
            raise StepFailed(f"injected at {step} {phase}")

    _run(scenario, demo, possible=forward_only, fault=fault)
    assert failed, f"{scenario.operation} never came to {step} {phase}"


def run_with_failing_undo(scenario: Scenario, directory: Path, step: str, phase: str) -> None:
    """The step fails when it is all but done, and its undo some times before it succeeds."""
    demo = Demo(TestCloud(directory))
    of_step = _definition(scenario, demo.cloud).step(step)
    last = "reported" if of_step.reported is not None else "do-ed"
    failed: list[str] = []

    def fault(operation: str, at: str, when: str) -> None:
        if (operation, at, when) == (scenario.operation, step, last):
            raise StepFailed(f"injected at {step} {last}")
        if (operation, at, when) == (scenario.operation, step, phase) and len(failed) < UNDO_FAILS:
            failed.append(at)
            raise StepFailed(f"injected at {step} {phase}")

    _run(scenario, demo, possible=False, fault=fault)
    assert len(failed) == UNDO_FAILS


def run_with_crash(scenario: Scenario, directory: Path, checkpoint: int | None) -> int:
    """Die at one checkpoint; it still ends as if nothing had been. Returns how many checkpoints there were."""
    demo = Demo(TestCloud(directory, crash_at=frozenset() if checkpoint is None else frozenset({checkpoint})))
    _run(scenario, demo, possible=True, deadly=True)
    return len(demo.cloud.checkpoints.passed)


def _definition(scenario: Scenario, cloud: TestCloud) -> Operation:
    return cloud.system.cloud.operations.definitions[scenario.operation]


def _double(cloud: TestCloud) -> None:
    definitions: Mapping[str, Operation] = cloud.system.cloud.operations.definitions
    for name in list(definitions):
        cloud.system.cloud.operations.definitions[name] = doubled(definitions[name])


def _run(
    scenario: Scenario,
    demo: Demo,
    possible: bool,
    fault: Callable[[str, str, str], None] | None = None,
    deadly: bool = False,
) -> None:
    prepared = scenario.prepare(demo)
    demo.cloud.settle()
    if fault is not None:
        demo.cloud.system.cloud.operations.fault = fault
    outcome = scenario.act(demo, prepared)
    with demo.cloud.deadly(deadly):
        demo.cloud.settle()
    demo.cloud.assert_sound()
    scenario.check(demo, outcome, possible)
    demo.cloud.settle()
    demo.cloud.assert_sound()
