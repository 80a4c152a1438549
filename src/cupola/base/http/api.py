"""A service's API as wiring gets it: where it lives, its routes, its form of errors, its microversions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cupola.base.errors import CupolaError
from cupola.base.http.faults import FaultForm
from cupola.base.http.microversions import Microversions
from cupola.base.http.routes import Route


@dataclass(frozen=True)
class Api:
    """One service's HTTP API.

    `root` is where it lives on the common port ("/compute"); `statuses` overrides the status of an error's class
    (over quota is 403 in compute and 409 in network); `headers` go with every answer; `body_limit` is the most bytes of
    a body that is not streamed; `head` answers HEAD wherever there is a GET,
    and OPTIONS. `text` takes bodies that say they are plain text for the JSON they may be.
    """

    service: str
    root: str
    routes: Sequence[Route]
    faults: FaultForm
    microversions: Microversions | None = None
    statuses: Mapping[type[CupolaError], int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body_limit: int = 114_688
    head: bool = True
    text: bool = True

    def status_of(self, error: CupolaError) -> int:
        for family in type(error).__mro__:
            if family in self.statuses:
                return self.statuses[family]
        return error.status
