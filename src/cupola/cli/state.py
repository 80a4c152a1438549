"""The state directory: what one cloud keeps on this machine, and who may read it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from pathlib import Path

from cupola.base.errors import ConfigurationError

PID_FILE = "cupola.pid"


def default_state_dir() -> Path:
    """`/var/lib/cupola` for root, else under the user's own data; `CUPOLA_STATE_DIR` overrides both."""
    if given := os.environ.get("CUPOLA_STATE_DIR"):
        return Path(given)
    if os.geteuid() == 0:
        return Path("/var/lib/cupola")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "cupola"


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all. What others put in its way is not followed."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)  # of a process of the same number that was killed
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    temporary.rename(path)


def password(path: Path) -> str:
    """The password kept in a file; a random one is made the first time."""
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(18) + "\n")
    return path.read_text().strip()


def claim(state_dir: Path) -> None:
    """Make the directory a cloud's. Raises ConfigurationError if it holds anything else: a purge deletes all of it."""
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o711)
    if not is_ours(state_dir) and any(state_dir.iterdir()):
        raise ConfigurationError(f"{state_dir} holds other files: name an empty directory, or one that is not there.")
    (state_dir / PID_FILE).touch(0o644)


def is_ours(state_dir: Path) -> bool:
    """Whether a cloud was, or was to be, started there."""
    return (state_dir / PID_FILE).exists()


class StateLock:
    """Held by the process that runs the cloud of a state directory; its file says who that is, and where it answers."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / PID_FILE
        self._file: int | None = None

    def take(self) -> None:
        """Raises ConfigurationError, naming the process, when the cloud runs already."""
        claim(self._path.parent)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(file)
            raise ConfigurationError(
                f"The cloud in {self._path.parent} runs already, as process {self._path.read_text().strip()}."
            ) from error
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()}\n".encode())
        self._file = file

    def announce(self, url: str) -> None:
        """Say, having taken the lock, where the cloud answers now."""
        assert self._file is not None, "the lock was not taken"  # noqa: S101
        os.write(self._file, f"{url}\n".encode())

    def holder(self) -> int | None:
        """The process that holds the lock now, if any."""
        words = self._words()
        return int(words[0]) if words else None

    def url(self) -> str | None:
        """Where the process that holds the lock answers; None before it does."""
        words = self._words()
        return words[1] if len(words) > 1 else None

    def _words(self) -> list[str]:
        """What the holder of the lock wrote; nothing when nobody holds it."""
        with contextlib.suppress(FileNotFoundError):
            file = os.open(self._path, os.O_RDONLY)
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return os.read(file, 4096).decode().split()
            finally:
                os.close(file)
        return []
