"""When this machine was booted."""

from __future__ import annotations

from pathlib import Path

STAT = Path("/proc/stat")


def booted_at(stat: Path = STAT) -> int | None:
    """In seconds since the epoch, as the kernel tells it; None when it does not."""
    if not stat.exists():
        return None
    told = (line.split() for line in stat.read_text().splitlines() if line.startswith("btime "))
    return next((int(seconds) for _, seconds in told), None)
