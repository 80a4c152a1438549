"""Settings of what a process tells of itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cupola.base.observe.log import JOURNAL


@dataclass(frozen=True)
class ObserveSettings:
    """Section [observe].

    `bind` ("127.0.0.1:9780") is where this process tells its health and figures to monitoring, without asking who it
    is; without one it does not. `journal` is journald's socket. `shared` is a directory in which, if it is there,
    Apache's processes keep the figures of the requests they answered together.
    """

    bind: str | None = None
    journal: Path = JOURNAL
    shared: Path = Path("/run/cupola/metrics")
