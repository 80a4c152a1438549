"""The state directory: room, and who may read it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from cupola.install.checks.finding import Finding, Situation

LITTLE, TIGHT = 1 << 30, 10 << 30


def disk_space(situation: Situation) -> Iterator[Finding]:
    """Room for images and disks where the state directory is, or will be."""
    directory = _existing(situation.settings.state_dir)
    facts = os.statvfs(directory)
    free = facts.f_bavail * facts.f_frsize
    if free < TIGHT:
        yield Finding(
            f"{directory} has {free / (1 << 30):.1f} GiB free",
            f"Images, the servers' disks and an SQLite database are kept in {situation.settings.state_dir}.",
            f"Mount a larger file system at {situation.settings.state_dir} before anything is installed there",
            "error" if free < LITTLE else "warning",
        )
    if facts.f_files and facts.f_favail * 20 < facts.f_files:
        yield Finding(
            f"{directory} has {facts.f_favail} of {facts.f_files} inodes left",
            "Each image, disk and report is a file.",
            f"df -i {directory}, and delete what nobody needs",
            "warning",
        )


def state_directory(situation: Situation) -> Iterator[Finding]:
    """Others may pass through it (guests run as users of their own), and neither list nor change it."""
    directory = situation.settings.state_dir
    if not directory.is_dir():
        return
    mode = stat.S_IMODE(directory.stat().st_mode)
    ours = mode & stat.S_ISVTX and _group(directory) == "cupola"  # as `cupola install` makes it
    if mode & 0o002 or (mode & 0o020 and not ours):
        yield Finding(
            f"{directory} has mode {mode:o}",
            "Others than the cloud's own users may put files there.",
            f"chmod 711 {directory}",
        )
    if situation.hosts and not mode & 0o001:
        yield Finding(
            f"{directory} has mode {mode:o}",
            "Guests run as users of their own, and cannot pass through it to their disks.",
            f"chmod 711 {directory}",
        )
    owner = _owner(directory)
    if owner not in ("cupola", "root"):
        yield Finding(
            f"{directory} belongs to {owner}",
            "The processes of a cloud run as the user cupola.",
            f"chown cupola:cupola {directory}",
        )
    for secret in (directory / "keys", directory / "agent" / "credential", directory / "cupola.db", situation.file):
        if secret.exists() and (mode := stat.S_IMODE(secret.stat().st_mode)) & 0o007:
            yield Finding(
                f"{secret} has mode {mode:o}",
                "Everybody on this machine may use the secrets in it.",
                f"chmod o= {secret}",
            )


def _existing(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.is_dir())


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:
        return str(path.stat().st_uid)


def _group(path: Path) -> str:
    try:
        return path.group()
    except KeyError:
        return str(path.stat().st_gid)
