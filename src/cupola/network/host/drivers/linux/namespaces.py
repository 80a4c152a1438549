"""Network namespaces: running code and commands inside one.

A thread that entered a namespace ends with its task and is never used again; its sockets and child processes stay where
they were made.
"""

from __future__ import annotations

import ctypes
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from cupola.network.host.settings import MACHINE

_T = TypeVar("_T")
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
RUN = Path("/run/netns")


def inside(namespace: str, task: Callable[[], _T]) -> _T:
    """What `task` returns when run in `namespace`; raises what it raises, or OSError if there is no such namespace."""
    if namespace == MACHINE:
        return task()
    results: list[_T] = []
    failures: list[BaseException] = []

    def enter() -> None:
        try:
            with (RUN / namespace).open("rb") as handle:
                if _libc.setns(handle.fileno(), _CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), f"cannot enter network namespace {namespace}")
            results.append(task())
        except BaseException as failure:  # noqa: BLE001 -- raised again in the caller's thread
            failures.append(failure)

    thread = threading.Thread(target=enter, name=f"in {namespace}")
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]


def run(namespace: str, args: Sequence[str], text: str = "") -> subprocess.CompletedProcess[str]:
    """The finished command, run in `namespace` with `text` as its input; its exit status is the caller's to judge."""
    return inside(
        namespace,
        lambda: subprocess.run(args, input=text, capture_output=True, text=True, check=False, start_new_session=True),
    )


def listen(namespace: str, address: str, port: int) -> socket.socket:
    """A TCP socket that listens in `namespace`, for a thread that need not be there.

    It keeps a deleted namespace alive, out of sight: close it when the namespace goes.
    """

    def bind() -> socket.socket:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, port))
            listener.listen(64)
        except OSError:
            listener.close()
            raise
        return listener

    return inside(namespace, bind)


def existing(prefix: str) -> dict[str, int]:
    """Namespaces whose name begins with `prefix`, with their inodes; a file there that is no mount is none."""
    if not RUN.is_dir():
        return {}
    found = {each.name: each.stat() for each in sorted(RUN.iterdir()) if each.name.startswith(prefix)}
    return {name: facts.st_ino for name, facts in found.items() if facts.st_dev != RUN.stat().st_dev}
