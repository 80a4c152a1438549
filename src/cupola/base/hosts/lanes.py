"""One thing at a time for each subject, several subjects at once, and nobody waits."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

Work = Callable[[], None]


class Lanes:
    """Work by subject. What comes for a subject that somebody is at work on is left to them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: dict[str, deque[Work]] = {}

    def run(self, subject: str, work: Work) -> None:
        """Do the work and what is left here meanwhile, in this order; or leave it to whoever is at work already."""
        with self._lock:
            if subject in self._left:
                self._left[subject].append(work)
                return
            left = self._left[subject] = deque([work])
        try:
            while True:
                with self._lock:
                    if not left:
                        del self._left[subject]
                        return
                    work = left.popleft()
                work()
        except BaseException:  # what was left here is asked again, as of a process that died
            with self._lock:
                del self._left[subject]
            raise
