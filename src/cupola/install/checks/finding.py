"""What a check is given, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cupola.install.machine import Machine
from cupola.wiring.settings import Settings

Severity = Literal["error", "warning", "unknown"]
"""error: it will not work so; warning: it works less well than it could; unknown: could not be seen from here"""

ROLES = ("controller", "compute", "all")


@dataclass(frozen=True)
class Finding:
    """What is in the way, why that matters, and what mends it: a command wherever there is one."""

    what: str
    why: str
    remedy: str
    severity: Severity = "error"


@dataclass(frozen=True)
class Situation:
    """A machine, what it is to be, and with which settings (`file` is where they were read)."""

    machine: Machine
    role: str
    settings: Settings
    file: Path

    @property
    def serves(self) -> bool:
        """Whether APIs and conductor are to run here."""
        return self.role in ("controller", "all")

    @property
    def hosts(self) -> bool:
        """Whether servers are to run here, really."""
        return self.role in ("compute", "all") and not self.settings.main.simulated

    @property
    def config(self) -> str:
        return str(self.file)


@dataclass(frozen=True)
class Check:
    """One thing that is looked at; `applies` is whether it matters here."""

    name: str
    applies: Callable[[Situation], bool]
    look: Callable[[Situation], Iterable[Finding]]
