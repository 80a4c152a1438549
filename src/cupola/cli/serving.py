"""Being one of the cloud's processes: settings, log, and the order of starting and ending."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from cupola.base.life import Life, Stopped
from cupola.base.observe.log import set_up
from cupola.base.policy import Enforcer
from cupola.base.runtime import Hang
from cupola.wiring.reload import Reload
from cupola.wiring.settings import Settings, load_settings

log = logging.getLogger(__name__)


class Part(Protocol):
    """A part that was started and is at work."""

    @property
    def policy(self) -> Enforcer | None:
        """What a reload gives new rules to, where the part asks them."""
        ...

    def status(self) -> str:
        """What it is at, in a sentence, for `systemctl status`."""
        ...

    def hanging(self) -> Sequence[Hang]:
        """What comes no further."""
        ...

    def stop(self) -> None:
        """End what is under way, and let go of everything."""
        ...


def part_settings(state_dir: Path, config: Path | None, **overrides: Any) -> Settings:
    """The settings of a part; `overrides` are of [DEFAULT], None is "as configured". Raises ConfigurationError."""
    given = {name: value for name, value in overrides.items() if value is not None}
    return load_settings(config and config.absolute(), state_dir.absolute(), given)


def serve(name: str, read: Callable[[], Settings], start: Callable[[Settings], Part]) -> None:
    """Be a part's process until told to end; as long as the database does not answer, wait for it.

    Raises ConfigurationError if it cannot start.
    """
    life = Life()
    settings = read()
    set_up(settings.main.log_level, settings.observe.journal, service=name)
    os.umask(0o066)  # images are their owners'; guests pass through directories to their own
    try:
        part = life.until("the database", partial(start, settings))
    except Stopped:
        return
    log.info("the %s of %s is at work", name, settings.main.host)
    life.serve(part.status, partial(Reload(settings, read), part.policy), part.hanging)
    part.stop()
