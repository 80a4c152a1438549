"""The record of what was really done on the host, so that a trace shows the commands and not a summary of them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Effect:
    """One thing done: a short noun phrase, the command or call, how it ended, and how long it took in seconds."""

    what: str
    call: str
    result: str
    seconds: float


@dataclass
class Outcome:
    """Handed to the body of `doing`, which may say more than "done"."""

    result: str = "done"


class Effects(list[Effect]):
    """Effects in the order they ended."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now

    @contextmanager
    def doing(self, what: str, call: str) -> Iterator[Outcome]:
        """Record the body of the `with` as one effect, whether it succeeds or raises."""
        outcome, began = Outcome(), self._now()
        try:
            yield outcome
        except Exception as error:
            outcome.result = f"failed: {error}"
            raise
        finally:
            self.append(Effect(what, call, outcome.result, round(self._now() - began, 4)))
