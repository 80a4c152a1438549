"""What an installation consists of: users, directories, files, commands.

Each action knows whether it is still to be done, can say what it would do, and does it; done twice it changes nothing.
"""

from __future__ import annotations

import difflib
import grp
import os
import pwd
import shlex
import stat
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from cupola.base.errors import ConfigurationError
from cupola.install.machine import SYSTEM_PATH


@dataclass(frozen=True)
class Root:
    """Where it is installed: the machine itself, or a tree in which nothing is run and nobody owns anything."""

    tree: Path | None = None
    has_systemd: bool = False

    @property
    def is_machine(self) -> bool:
        return self.tree is None

    def place(self, path: Path) -> Path:
        """Where a path of the installed system is."""
        return path if self.tree is None else self.tree / path.relative_to("/")

    def ids(self, owner: str, group: str) -> tuple[int, int] | None:
        """User and group of a file; None where they do not matter or are not there yet."""
        if not self.is_machine or os.geteuid() != 0:
            return None
        try:
            return pwd.getpwnam(owner).pw_uid, grp.getgrnam(group).gr_gid
        except KeyError:
            return None


class Action(Protocol):
    """One thing of an installation."""

    def pending(self, root: Root) -> bool:
        """Whether it is still to be done."""
        ...

    def lines(self, root: Root) -> Iterator[str]:
        """What it would do, for people."""
        ...

    def do(self, root: Root) -> None:
        """Do it. Raises OSError, ConfigurationError."""
        ...


@dataclass(frozen=True)
class User:
    """A system user with a group of its name, who cannot log in."""

    name: str
    home: Path

    def pending(self, root: Root) -> bool:
        users = root.place(Path("/etc/passwd"))
        return root.is_machine and not any(line.startswith(f"{self.name}:") for line in users.read_text().splitlines())

    def lines(self, root: Root) -> Iterator[str]:
        yield shlex.join(self._command())

    def do(self, root: Root) -> None:
        _run(self._command(), {})

    def _command(self) -> list[str]:
        options = ["--system", "--user-group", "--no-create-home", "--home-dir", str(self.home)]
        return ["useradd", *options, "--shell", "/usr/sbin/nologin", self.name]


@dataclass(frozen=True)
class Directory:
    """A directory with its owner and mode."""

    path: Path
    mode: int
    owner: str = "root"
    group: str = "root"

    def pending(self, root: Root) -> bool:
        return _differs(root.place(self.path), stat.S_IFDIR | self.mode, root.ids(self.owner, self.group))

    def lines(self, root: Root) -> Iterator[str]:
        yield f"install -d -m {self.mode:o} -o {self.owner} -g {self.group} {root.place(self.path)}"

    def do(self, root: Root) -> None:
        place = root.place(self.path)
        place.mkdir(parents=True, exist_ok=True)
        try:  # a link in its place would have us give away what it leads to
            descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except NotADirectoryError as error:
            raise ConfigurationError(
                f"{place} is a link: whoever made it would have what it leads to. Take it away, and mount there what "
                "lies elsewhere."
            ) from error
        try:
            _give(descriptor, self.mode, root.ids(self.owner, self.group))
        finally:
            os.close(descriptor)


@dataclass(frozen=True)
class File:
    """A file with its text; `kept` once it is there, whatever is in it. What is `hidden` is never shown."""

    path: Path
    text: str
    mode: int = 0o644
    owner: str = "root"
    group: str = "root"
    kept: bool = False
    hidden: tuple[str, ...] = field(default=(), repr=False)

    def pending(self, root: Root) -> bool:
        place = root.place(self.path)
        if not place.exists():
            return True
        if self.kept:
            return False
        facts = stat.S_IFREG | self.mode, root.ids(self.owner, self.group)
        return place.read_text() != self.text or _differs(place, *facts)

    def lines(self, root: Root) -> Iterator[str]:
        place = root.place(self.path)
        before = place.read_text() if place.exists() else ""
        yield f"write {place} (mode {self.mode:o}, {self.owner}:{self.group})"
        names = str(place) if before else "/dev/null", str(place)
        for line in difflib.unified_diff(before.splitlines(), self.text.splitlines(), *names, lineterm="", n=1):
            yield f"    {self._shown(line)}"

    def do(self, root: Root) -> None:
        place = root.place(self.path)
        place.parent.mkdir(parents=True, exist_ok=True)
        new = place.with_name(f".{place.name}.new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(self.text)
            file.flush()
            _give(file.fileno(), self.mode, root.ids(self.owner, self.group))
            os.fsync(file.fileno())
        new.rename(place)

    def refused(self, root: Root) -> Iterator[str]:
        """The lines that a file which is kept does not have, and would have been written with."""
        if self.kept and (place := root.place(self.path)).exists():
            there = {line.strip() for line in place.read_text().splitlines()}
            for line in self.text.splitlines():
                if line.strip() not in there and not line.lstrip().startswith("#"):
                    yield self._shown(line.strip())

    def _shown(self, line: str) -> str:
        for secret in self.hidden:
            line = line.replace(secret, "***")
        return line


@dataclass(frozen=True)
class Gone:
    """A file of ours that is no longer to be there; one in its place without `mark` is somebody else's."""

    path: Path
    mark: str

    def pending(self, root: Root) -> bool:
        place = root.place(self.path)
        return place.is_file() and self.mark in place.read_text()

    def lines(self, root: Root) -> Iterator[str]:
        yield f"rm {root.place(self.path)}"

    def do(self, root: Root) -> None:
        root.place(self.path).unlink()


@dataclass(frozen=True)
class Command:
    """A program to run.

    `secrets` are variables for it, from files; `unless` tells that it was done before; `otherwise` is run when it
    fails; `by` is who can: systemd where it is process 1, or the operator, who knows more.
    """

    words: tuple[str, ...]
    why: str
    unless: Callable[[], bool] | None = field(default=None, repr=False)
    secrets: Mapping[str, Path] = field(default_factory=dict)
    otherwise: tuple[str, ...] = ()
    by: Literal["anyone", "systemd", "operator"] = "anyone"

    def pending(self, root: Root) -> bool:
        return not root.is_machine or self.unless is None or not self.unless()

    def can_run(self, root: Root) -> bool:
        """Whether it can be run here and now, rather than being left to the operator."""
        return root.is_machine and (self.by == "anyone" or (self.by == "systemd" and root.has_systemd))

    def lines(self, root: Root) -> Iterator[str]:
        given = "".join(f'{name}="$(cat {path})" ' for name, path in self.secrets.items())
        yield f"{given}{shlex.join(self.words)}    # {self.why}"

    def do(self, root: Root) -> None:
        try:
            _run(self.words, {name: path.read_text().strip() for name, path in self.secrets.items()})
        except ConfigurationError:
            if self.otherwise:
                _run(self.otherwise, {})
            raise


@dataclass(frozen=True)
class Condition:
    """What must hold before anything else is done: `look` says what is in the way, a line each."""

    look: Callable[[], Iterable[str]]

    def pending(self, root: Root) -> bool:
        return any(True for _ in self.look())

    def lines(self, root: Root) -> Iterator[str]:
        for line in self.look():
            yield f"In the way: {line}"

    def do(self, root: Root) -> None:
        if found := list(self.look()):
            raise ConfigurationError("; ".join(found))


def carry_out(plan: list[Action], root: Root, dry: bool) -> Iterator[str]:
    """Do what of the plan is to be done, in order; yields what is done (`dry`: what would be), and what is left.

    A command that comes after one that is left to the operator is left too.
    Raises ConfigurationError naming a command that failed; what was done until then stays, and is not done again.
    """
    left: list[str] = []
    changed = False
    for action in plan:
        if isinstance(action, File) and (refused := list(action.refused(root))):
            changed = True
            yield f"{root.place(action.path)} stays as it is. It has not, and you may want to write there:"
            yield from (f"    {line}" for line in refused)
        if not action.pending(root):
            continue
        if isinstance(action, Command) and (left or not action.can_run(root)):
            left += action.lines(root)
            continue
        changed = changed or not isinstance(action, Command)
        yield from action.lines(root) if dry or isinstance(action, Command) else [next(action.lines(root))]
        if not dry:
            action.do(root)
    if not changed:
        yield "All files are as they should be."
    if left:
        yield "Left to you, in this order:"
        yield from (f"    {line}" for line in left)


def _differs(place: Path, mode: int, ids: tuple[int, int] | None) -> bool:
    """Whether what is there is of another kind, mode or owner; a link is never what it leads to."""
    try:
        facts = place.lstat()
    except FileNotFoundError:
        return True
    return facts.st_mode != mode or (ids is not None and (facts.st_uid, facts.st_gid) != ids)


def _give(descriptor: int, mode: int, ids: tuple[int, int] | None) -> None:
    if ids is not None:
        os.fchown(descriptor, *ids)
    os.fchmod(descriptor, mode)


def _run(words: tuple[str, ...] | list[str], variables: Mapping[str, str]) -> None:
    environment = {**os.environ, "PATH": SYSTEM_PATH, **variables}
    try:
        done = subprocess.run(words, env=environment, capture_output=True, text=True, errors="replace")
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"There is no program {words[0]}: `cupola check` says which packages are missing"
        ) from error
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-5:]
        raise ConfigurationError(
            f"`{shlex.join(words)}` failed: {' '.join(said)}. Mend that and run `cupola install` again: "
            "it goes on from there."
        )
