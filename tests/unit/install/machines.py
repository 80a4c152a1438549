"""A machine of which a test says what it is like."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cupola.install.checks.finding import Finding, Situation
from cupola.install.machine import Answer, Listener, Machine
from cupola.wiring.settings import Settings, settings_of


@dataclass
class SaidMachine(Machine):
    """Has the files, programs, answers and listeners that it is given; other files are the real ones if `real`."""

    files: dict[str, str] = field(default_factory=dict)
    programs: frozenset[str] | None = None
    answers: dict[str, Answer] = field(default_factory=dict)
    listening: list[Listener] = field(default_factory=list)
    root: bool = True
    at: float = 1_800_000_000.0
    asked: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def is_root(self) -> bool:
        return self.root

    def now(self) -> float:
        return self.at

    def text(self, path: str | Path) -> str | None:
        return self.files.get(str(path))

    def program(self, name: str) -> str | None:
        return f"/usr/bin/{name}" if self.programs is None or name in self.programs else None

    def run(self, *words: str, seconds: float = 30) -> Answer:
        self.asked.append(words)
        command = " ".join(words)
        found = [answer for start, answer in self.answers.items() if command.startswith(start)]
        return found[0] if found else Answer(0, "")

    def listeners(self) -> list[Listener]:
        return self.listening


def settings(state_dir: Path, **sections: dict[str, object]) -> Settings:
    return settings_of(sections, state_dir, {})


def situation(machine: Machine, state_dir: Path, role: str = "all", **sections: dict[str, object]) -> Situation:
    return Situation(machine, role, settings(state_dir, **sections), state_dir / "cupola.toml")


def worst(findings: list[Finding]) -> list[tuple[str, str]]:
    """Severity and words of each finding."""
    return [(finding.severity, finding.what) for finding in findings]
