"""What a process that serves for long asks of the system it runs on."""

from __future__ import annotations

import ctypes
import resource

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
