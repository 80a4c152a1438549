"""The keys that seal tokens: a directory of files named by number, as identity services of OpenStack keep them.

The highest number is the primary key: it seals new tokens. `0` is the staged key: it becomes the next primary, and is
known everywhere before it seals anything. Those between are former primaries: they still open older tokens.
Several processes may share the directory: changes are made under a lock on it, readers see whole files only.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from cryptography.fernet import Fernet, MultiFernet


class KeysUnusable(Exception):
    """The keys cannot be used; the message names the place and the cause, never a key."""


class Keys(Protocol):
    """Where the sealing and opening keys come from."""

    def current(self) -> MultiFernet:
        """The keys, primary first. Raises KeysUnusable."""
        ...

    def changed(self) -> bool:
        """Look again, closely; whether there are other keys than `current` gave last. Raises KeysUnusable."""
        ...


class FixedKeys:
    """Keys handed over by the caller, primary first."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = _fernet([(f"key {number}", key) for number, key in enumerate(keys)])

    def current(self) -> MultiFernet:
        """The keys as they were given."""
        return self._keys

    def changed(self) -> bool:
        """Never."""
        return False


class KeyDirectory:
    """Keys in the files of a directory, read again when it changes."""

    def __init__(self, path: Path, *, keep: int = 3) -> None:
        """`keep` is how many keys a rotation leaves, staged and primary included (at least 2)."""
        if keep < 2:
            raise ValueError(f"keep is {keep}; a staged and a primary key make 2")
        self._path = path
        self._keep = keep
        self._read: tuple[int, dict[int, bytes], MultiFernet] | None = None

    def create(self) -> None:
        """Make the directory (0700), a staged and a primary key (0600), where they are missing.

        Any number of processes may call it at once: the first makes the keys, the others find them.
        """
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._locked():
            numbers = self._numbers()
            if not numbers:
                self._write(1)
            if 0 not in numbers:
                self._write(0)

    def rotate(self, made_before: datetime | None = None) -> bool:
        """Make the staged key primary, stage a new one, and drop the oldest beyond `keep`; whether that was done.

        With `made_before` only if the last rotation is older: of several processes that find it is time, one does it.

        Interrupted anywhere it leaves a usable set of keys; the new staged key comes last, so whoever read the
        directory half-way misses only a key that seals nothing yet.
        """
        self.create()
        with self._locked():
            if made_before is not None and self.rotated_at() > made_before:
                return False
            numbers = self._numbers()
            former = [number for number in numbers if number]
            for number in former[: max(0, len(numbers) + 1 - self._keep)]:
                (self._path / str(number)).unlink()
            (self._path / "0").rename(self._path / str(numbers[-1] + 1))
            self._write(0)
        return True

    def rotated_at(self) -> datetime:
        """When keys were last made or rotated."""
        return datetime.fromtimestamp(self._changed_at() / 1e9, UTC)

    def current(self) -> MultiFernet:
        """The keys now in the directory; one `stat` when nothing changed."""
        if self._read is None or self._read[0] != self._changed_at():
            self.changed()
        assert self._read is not None  # noqa: S101 - for the type checker: set by changed()
        return self._read[2]

    def changed(self) -> bool:
        """Read all files again."""
        changed_at = self._changed_at()
        if self._path.stat().st_mode & 0o007:
            raise KeysUnusable(f"{self._path}: everybody on this machine may use it; make its mode 0700")
        try:
            keys = dict(self._contents())
        except OSError as error:
            raise KeysUnusable(f"{self._path}: {error}") from error
        if self._read is not None and self._read[1] == keys:
            self._read = (changed_at, keys, self._read[2])
            return False
        newest_first = sorted(keys.items(), reverse=True)
        self._read = (changed_at, keys, _fernet([(str(self._path / str(n)), key) for n, key in newest_first]))
        return True

    def _changed_at(self) -> int:
        try:
            return self._path.stat().st_mtime_ns
        except OSError as error:
            raise KeysUnusable(f"{self._path}: {error.strerror}") from error

    def _numbers(self) -> list[int]:
        return sorted(int(entry.name) for entry in self._path.iterdir() if entry.name.isdecimal())

    def _contents(self) -> Iterator[tuple[int, bytes]]:
        """Number and content of each key. One that a rotation took away since the listing is left out: the directory's
        time tells the next reader to look again."""
        for number in self._numbers():
            with suppress(FileNotFoundError):
                yield number, (self._path / str(number)).read_bytes().strip()

    def _write(self, number: int) -> None:
        """Write a new key where no reader sees half of it, durably."""
        new = self._path / ".new"
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            file.write(Fernet.generate_key())
            file.flush()
            os.fsync(descriptor)
        new.rename(self._path / str(number))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the directory against other writers; what they will see is on the disk when it is released."""
        descriptor = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _fernet(keys: Sequence[tuple[str, bytes]]) -> MultiFernet:
    made = []
    for name, key in keys:
        try:
            made.append(Fernet(key))
        except ValueError as error:
            raise KeysUnusable(f"{name} is not a key: 32 bytes in URL-safe base64 are wanted") from error
    if not made:
        raise KeysUnusable("there is no key")
    return MultiFernet(made)
