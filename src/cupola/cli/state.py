"""The state directory: what one cloud keeps on this machine, and who may read it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from pathlib import Path

from cupola.base.errors import ConfigurationError


def default_state_dir() -> Path:
    """`/var/lib/cupola` for root, else under the user's own data; `CUPOLA_STATE_DIR` overrides both."""
    if given := os.environ.get("CUPOLA_STATE_DIR"):
        return Path(given)
    if os.geteuid() == 0:
        return Path("/var/lib/cupola")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "cupola"


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    temporary.rename(path)


def password(path: Path) -> str:
    """The password kept in a file; a random one is made the first time."""
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(18) + "\n")
    return path.read_text().strip()


class StateLock:
    """Held by the process that runs the cloud of a state directory; its file says who that is."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / "cupola.pid"
        self._file: int | None = None

    def take(self) -> None:
        """Raises ConfigurationError, naming the process, when the cloud runs already."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
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

    def holder(self) -> int | None:
        """The process that holds the lock now, if any."""
        with contextlib.suppress(FileNotFoundError):
            file = os.open(self._path, os.O_RDONLY)
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(os.read(file, 32) or 0) or None
            finally:
                os.close(file)
        return None
