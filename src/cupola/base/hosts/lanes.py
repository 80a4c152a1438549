"""One thing at a time for each subject, several subjects at once, and nobody waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Lanes(Generic[T]):
    """What is asked of subjects. What comes for one that somebody is at work on is left to them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: dict[str, list[T]] = {}

    def run(self, subject: str, asked: Sequence[T], work: Callable[[Sequence[T]], None]) -> None:
        """Do `work` for what is asked, then for all that was left here meanwhile, in the order it came; or leave it to
        whoever is at work already."""
        with self._lock:
            if subject in self._left:
                self._left[subject] += asked
                return
            self._left[subject] = []
        try:
            while asked:
                work(asked)
                with self._lock:
                    asked, self._left[subject] = self._left[subject], []
                    if not asked:
                        del self._left[subject]
        except BaseException:  # what was left here is asked again, as of a process that died
            with self._lock:
                self._left.pop(subject, None)
            raise
