"""One thing at a time for each subject, several subjects at once, and nobody waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Lanes(Generic[T]):
    """What is asked of subjects, and `work`, which does what was asked of one.

    What comes for a subject that somebody is at work on stays here until they are done, for whoever goes on.
    """

    def __init__(self, work: Callable[[str, Sequence[T]], None]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._asked: dict[str, list[T]] = {}
        self._busy: set[str] = set()

    def run(self, subject: str, asked: Sequence[T]) -> None:
        """Do what is asked, with what was left here; leave it here if somebody is at work on the subject."""
        with self._lock:
            self._asked.setdefault(subject, []).extend(asked)
        self._take(subject)

    def go_on(self) -> bool:
        """Do what was left of one subject; whether there was any. (Not by whoever left it: a subject that is asked for
        all the time would keep them for ever.)"""
        with self._lock:
            left = next((subject for subject in self._asked if subject not in self._busy), None)
        if left is not None:
            self._take(left)
        return left is not None

    def _take(self, subject: str) -> None:
        with self._lock:
            if subject in self._busy or subject not in self._asked:
                return
            self._busy.add(subject)
            asked = self._asked.pop(subject)
        try:
            self._work(subject, asked)
        except BaseException:  # what was left here is asked again, as of a process that died
            with self._lock:
                self._asked.pop(subject, None)
            raise
        finally:
            with self._lock:
                self._busy.discard(subject)
