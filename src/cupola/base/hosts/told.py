"""What the control plane told an agent last: of what has not changed since, it is told only that."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace

import orjson

from cupola.base.hosts.control import Control, Document, is_unchanged


@dataclass(frozen=True)
class _Told:
    """A document as it came (None: the thing is to be gone), and the number of the question that it answered."""

    number: int
    document: bytes | None
    generation: int | None = None
    requires: tuple[str, ...] = ()


_GONE = _Told(0, None)


class Told:
    """The documents of one host's things. May be used by any thread.

    What was asked last counts, not what was answered last: a message is sent after the change that it tells of, so
    whoever asks because of it asks after that change.
    """

    def __init__(self, host: str, control: Control) -> None:
        self._host = host
        self._control = control
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._told: dict[str, _Told] = {}
        self._kept_since = 0

    def ask(self, subjects: Iterable[str], afresh: bool = False) -> set[str]:
        """Ask what is wanted of things and of all that these require. Returns those that the control plane knows of.

        With `afresh` also what did not change is told again. Raises Unavailable.
        """
        number, names = next(self._numbers), set[str]()
        wave = list(dict.fromkeys(subjects))
        asked = set(wave)
        while wave:
            before = {} if afresh else {subject: told for subject in wave if (told := self._told.get(subject))}
            known = {subject: told.generation for subject, told in before.items() if told.generation is not None}
            found = self._control.documents(self._host, wave, known)
            for subject, document in found.items():
                self._keep(
                    subject,
                    replace(before[subject], number=number) if is_unchanged(document) else _packed(number, document),
                )
            names |= found.keys()
            needed = [name for subject in found for name in self.required(subject)]
            wave = [name for name in dict.fromkeys(needed) if name not in asked]
            asked.update(wave)
        return names

    def knows(self, subject: str) -> bool:
        """Whether something was said of a thing."""
        return subject in self._told

    def document(self, subject: str) -> Document | None:
        """What is wanted of a thing that was asked for; None: it is to be gone, which may be forgotten since."""
        packed = self._told.get(subject, _GONE).document
        document: Document | None = None if packed is None else orjson.loads(packed)
        return document

    def generation(self, subject: str) -> int | None:
        """Which generation of it is wanted; None: it is to be gone."""
        return self._told.get(subject, _GONE).generation

    def required(self, subject: str) -> tuple[str, ...]:
        """What is to be made before it."""
        return self._told.get(subject, _GONE).requires

    def forget_what_is_gone(self) -> None:
        """Keep nothing of things that are to be gone, unless they were asked for since this was called the last time:
        somebody may still be about it."""
        with self._lock:
            old = [each for each, told in self._told.items() if not told.document and told.number < self._kept_since]
            for subject in old:
                del self._told[subject]
        self._kept_since = next(self._numbers)

    def _keep(self, subject: str, told: _Told) -> None:
        with self._lock:
            if subject not in self._told or self._told[subject].number < told.number:
                self._told[subject] = told


def _packed(number: int, document: Document | None) -> _Told:
    if document is None:
        return _Told(number, None)
    return _Told(number, orjson.dumps(document), document["generation"], tuple(document.get("requires", ())))
