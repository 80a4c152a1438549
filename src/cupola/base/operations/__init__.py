"""Operations: work that takes longer than a transaction, in steps that are journalled and undone."""

from __future__ import annotations

from cupola.base.bus.report import Report
from cupola.base.operations.engine import Engine, OperationLive, StepFailed
from cupola.base.operations.operation import Operation, Result, Run, Step
from cupola.base.operations.outbox import Outbox

__all__ = ["Engine", "Operation", "OperationLive", "Outbox", "Report", "Result", "Run", "Step", "StepFailed"]
