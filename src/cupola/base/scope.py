"""Where systemd runs this machine: a scope of its own for what is to outlive the process that starts it.

A unit's processes are ended with it; those in a scope beside it are not. Elsewhere nobody ends them, and there is none.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

BOOTED = Path("/run/systemd/system")
SLICE = "cupola-guests.slice"
AGENT = "cupola-agent.service"


def has_scopes(booted: Path = BOOTED) -> bool:
    """Whether we can have scopes: systemd is there (as sd_booted(3) finds out), and we are root."""
    return booted.is_dir() and os.geteuid() == 0


def scoped(name: str, about: str, argv: Sequence[str], properties: Mapping[str, str] | None = None) -> list[str]:
    """`argv`, to be run in a scope `cupola-<name>-….scope` with such properties (MemoryMax and the like).

    When the machine is shut down, the agent ends before what it started: else it would report all of it as stopped.
    """
    unit = f"cupola-{name}-{secrets.token_hex(3)}"  # an earlier one of the same name may not be gone yet
    settings = {"Before": AGENT, **(properties or {})}
    return [
        "systemd-run",
        "--scope",
        "--quiet",
        "--collect",
        f"--unit={unit}",
        f"--slice={SLICE}",
        f"--description={about}",
        *(f"--property={key}={value}" for key, value in settings.items()),
        "--",
        *argv,
    ]
