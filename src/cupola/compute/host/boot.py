"""When this machine was booted, and which boot it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

STAT = Path("/proc/stat")
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def booted_at(stat: Path = STAT) -> int | None:
    """In seconds since the epoch, as the kernel tells it; None when it does not."""
    if not stat.exists():
        return None
    told = (line.split() for line in stat.read_text().splitlines() if line.startswith("btime "))
    return next((int(seconds) for _, seconds in told), None)


@cache
def boot_id() -> str:
    """What the kernel calls the time since this machine was booted: it is another one after the next boot."""
    return BOOT_ID.read_text().strip()
