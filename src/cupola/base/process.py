"""What a process that serves for long asks of the system it runs on."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import resource
from collections.abc import Iterator
from pathlib import Path

from cupola.base.errors import ConfigurationError

_M_MMAP_THRESHOLD = -3  # of malloc.h
_LARGE = 1 << 20


def give_back_large_blocks() -> None:
    """Have each block above 1 MiB be a mapping of its own, which goes when it is freed.

    The C library raises that limit when such a block is freed, and takes the next ones from the heaps that it keeps for
    each thread: so one password hash (19 MiB) after the other leaves its size in every heap. A library without this
    setting (musl) has no such heaps.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_M_MMAP_THRESHOLD, _LARGE)


def allow_many_files() -> None:
    """Open as many files and connections as the system lets us; the usual limit (1024) is meant for `select`."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextlib.contextmanager
def only_one(path: Path, what: str) -> Iterator[None]:
    """Hold a lock on a file for as long as this process needs to be the only one of its kind.

    Raises ConfigurationError, naming the other process, when there is one.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(file, 64).decode(errors="replace").strip()
            raise ConfigurationError(f"{what} runs already, as process {holder}.") from error
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(file)


def lock_holder(path: Path) -> int | None:
    """The process that holds the lock of `only_one` on a file now, if any."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return int(os.read(file, 64) or 0) or None
    else:
        return None
    finally:
        os.close(file)
