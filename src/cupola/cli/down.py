"""`cupola down`: stop the process; with `--purge` take away servers, network and files too."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import yaml

from cupola.cli import clouds, daemon
from cupola.wiring import load_settings, remove_host


def down(state_dir: Path, purge: bool) -> Iterator[str]:
    """Do it; yields what was done, a line each."""
    stopped = daemon.stop(state_dir)
    yield "Cupola is down." if stopped else f"No cloud runs in {state_dir}."
    if not purge:
        if stopped:
            yield f"Servers keep running and are found again by `cupola up`; everything is kept in {state_dir}."
        return
    if not (state_dir / "cupola.db").exists() and not (state_dir / "clouds.yaml").exists():
        yield "There was nothing to purge."
        return
    ended = remove_host(load_settings(_config(state_dir), state_dir, {}))
    if (state_dir / "clouds.yaml").exists():
        entry = yaml.safe_load((state_dir / "clouds.yaml").read_text())["clouds"]["cupola"]
        clouds.take_out(clouds.user_file(), entry["auth"]["auth_url"])
    shutil.rmtree(state_dir)
    yield f"Purged: {ended} servers, the network, the entries in {clouds.user_file()}, and {state_dir}."


def _config(state_dir: Path) -> Path | None:
    """The settings that the cloud was last started with."""
    kept = state_dir / "started.toml"
    return kept if kept.exists() else None
