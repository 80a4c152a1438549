"""The life of a process: it waits, is ready, gives signs of life while nothing hangs, reloads, and ends."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cupola.base import life as module
from cupola.base.clock import SystemClock
from cupola.base.errors import ConfigurationError, Unavailable
from cupola.base.life import Life, Stopped
from cupola.base.observe.notify import Notifier
from cupola.base.runtime import Threads, Wakeups


class Manager:
    """Hears a process out."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(10)

    def until(self, *wanted: str) -> list[str]:
        """What is heard up to the last of `wanted`, which come in this order."""
        heard: list[str] = []
        for word in wanted:
            heard.append("")
            while not heard[-1].startswith(word):
                heard.append(self.socket.recv(4096).decode())
        return heard


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    manager = Manager(tmp_path / "notify")
    yield manager
    manager.socket.close()


@pytest.fixture
def life(tmp_path: Path, manager: Manager) -> Iterator[Life]:
    handled = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.getsignal(number) for number in handled]
    yield Life(Notifier(str(tmp_path / "notify"), watchdog=0.1))
    for number, handler in zip(handled, before, strict=True):
        signal.signal(number, handler)


def beside(test: Callable[[], None]) -> Callable[[], None]:
    """Run the test's part beside `serve`, which needs the main thread, and end that; returns what waits for it."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            test()
        except BaseException as failure:  # noqa: BLE001 - raised again in the main thread
            failures.append(failure)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=run)
    thread.start()

    def wait() -> None:
        thread.join()
        if failures:
            raise failures[0]

    return wait


class Stuck:
    """A component that comes no further until it is let go."""

    name = "stuck"
    longest_step = timedelta(seconds=0.2)

    def __init__(self) -> None:
        self.go = threading.Event()

    def step(self, now: datetime) -> datetime | None:
        self.go.wait(20)
        return None


def test_signs_of_life_stop_while_a_component_hangs(
    life: Life, manager: Manager, caplog: pytest.LogCaptureFixture
) -> None:
    threads, stuck = Threads(SystemClock(), Wakeups()), Stuck()
    threads.start([stuck])

    def look() -> None:
        manager.until("READY=1", "STATUS=Serving.", "WATCHDOG=1", "STATUS=Hangs: stuck.")
        manager.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):  # ten signs of life are due meanwhile
            manager.socket.recv(4096)
        manager.socket.settimeout(10)
        stuck.go.set()
        manager.until("STATUS=Serving.", "WATCHDOG=1")

    wait = beside(look)
    life.serve(lambda: "Serving.", lambda: "", threads.hanging)
    wait()
    threads.stop()
    (told,) = [record.getMessage() for record in caplog.records if "hangs" in record.getMessage()]
    assert "self.go.wait" in told  # where


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_died_hangs_too() -> None:
    class Dying:
        name = "dying"

        def step(self, now: datetime) -> datetime | None:
            raise SystemExit

    threads = Threads(SystemClock(), Wakeups())
    threads.start([Dying()])
    threads._running[0].thread.join(10)
    assert [(hang.name, hang.where) for hang in threads.hanging()] == [("dying", "the thread has ended")]


def test_settings_are_read_again_and_a_broken_file_changes_nothing(life: Life, manager: Manager) -> None:
    answers = iter(["Changed: log_level.", ConfigurationError("line 3 is wrong"), LookupError("a bug")])

    def reload() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def hang_up() -> None:
        manager.until("READY=1")
        for said in ("Changed: log_level.", "The settings stay as they were: line 3 is wrong", "The settings stay"):
            os.kill(os.getpid(), signal.SIGHUP)
            manager.until("RELOADING=1", "READY=1", f"STATUS=Serving. {said}")

    wait = beside(hang_up)
    life.serve(lambda: "Serving.", reload, list)
    wait()
    manager.until("STOPPING=1")


def test_what_is_not_there_yet_is_waited_for_and_named(
    life: Life, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AGAIN_AFTER", 0.01)
    left = [Unavailable("it does not answer"), Unavailable("it does not answer")]

    def attempt() -> str:
        if left:
            raise left.pop()
        return "there"

    assert life.until("the database", attempt) == "there"
    manager.until("STATUS=Waiting for the database: it does not answer", "EXTEND_TIMEOUT_USEC=")


def test_a_signal_ends_the_wait(life: Life, manager: Manager) -> None:
    def attempt() -> str:
        os.kill(os.getpid(), signal.SIGTERM)
        raise Unavailable("it does not answer")

    with pytest.raises(Stopped):
        life.until("the database", attempt)
    manager.until("STOPPING=1")
