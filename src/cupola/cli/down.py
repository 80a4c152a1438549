"""`cupola down`: stop the process; with `--purge` take away servers, network and files too."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from cupola.base.errors import ConfigurationError
from cupola.base.process import only_one
from cupola.cli import clouds, daemon
from cupola.cli.state import is_ours
from cupola.wiring.host import remove_host
from cupola.wiring.started import started


def down(state_dir: Path, purge: bool, installed: Path | None = None) -> Iterator[str]:
    """Do it; yields what was done, a line each. `installed` are settings of an installed cloud with this directory.

    Raises ConfigurationError rather than purge what is an installed cloud's.
    """
    if purge and installed is not None and is_ours(state_dir):
        raise ConfigurationError(
            f"{state_dir} is that of an installed cloud ({installed}), whatever was started there before. "
            "`apt-get purge cupola` takes that away."
        )
    stopped = daemon.stop(state_dir)
    yield "Cupola is down." if stopped else f"No cloud runs in {state_dir}."
    if not purge:
        if stopped:
            yield f"Servers keep running and are found again by `cupola up`; everything is kept in {state_dir}."
        return
    if not is_ours(state_dir):
        yield "There was nothing to purge."
        return
    with _without_agent(state_dir):
        settings = started(state_dir)
        if settings is not None:
            ended = remove_host(settings)
            clouds.take_out(clouds.user_file(), clouds.read(state_dir / "clouds.yaml").get("clouds", {}))
            yield f"Gone: {ended} servers, the network, and the entries in {clouds.user_file()}."
        shutil.rmtree(state_dir)
    yield f"Deleted: {state_dir}."


def _without_agent(state_dir: Path) -> contextlib.AbstractContextManager[None]:
    """Raises ConfigurationError, when it is entered, if an agent runs there."""
    lock = state_dir / "agent" / "lock"
    return only_one(lock, f"The agent of {state_dir}") if lock.exists() else contextlib.nullcontext()
