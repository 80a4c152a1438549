"""A service's API as wiring gets it: where it lives, its routes, its form of errors, its microversions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from cupola.base.context import Caller, Context
from cupola.base.errors import CupolaError, MethodNotAllowed, NoSuchPath
from cupola.base.http.faults import FaultForm
from cupola.base.http.microversions import Microversions
from cupola.base.http.routes import Route


@dataclass(frozen=True)
class Api:
    """One service's HTTP API.

    `root` is where it lives on the common port ("/compute"); `statuses` overrides the status of an error's class
    (over quota is 403 in compute and 409 in network); `headers` go with every answer; `body_limit` is the most bytes of
    a body that is not streamed.
    """

    service: str
    root: str
    routes: Sequence[Route]
    faults: FaultForm
    microversions: Microversions | None = None
    statuses: Mapping[type[CupolaError], int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body_limit: int = 114_688
    media: Collection[str] = ("application/json", "text/plain")
    """Content types that a body in JSON may bear; none: any."""
    implied: Collection[str] = ("HEAD", "OPTIONS")
    """Methods answered without a route: HEAD wherever there is a GET, OPTIONS everywhere."""
    hides_methods: bool = False
    """A method that a path does not have is refused as if the path were not there."""
    bearer: Callable[[Context, str], Caller] | None = None
    """Who holds the credential of `Authorization: Bearer`, where callers are no users of identity. Raises
    Unauthenticated."""
    trailing_slash: bool = False
    """"/things/" is "/things"; a version's root may always end so."""

    def status_of(self, error: CupolaError) -> int:
        for family in type(error).__mro__:
            if family in self.statuses:
                return self.statuses[family]
        return error.status

    def methods(self, routes: Sequence[Route]) -> tuple[str, ...]:
        """What may be done at the path that `routes` share."""
        declared = {route.method for route in routes}
        implied = {"OPTIONS", *(["HEAD"] if "GET" in declared else [])} & set(self.implied)
        return tuple(sorted(declared | implied))

    def wrong_method(self, routes: Sequence[Route]) -> CupolaError:
        """The refusal of a method that the path of `routes` does not have."""
        return NoSuchPath() if self.hides_methods else MethodNotAllowed(self.methods(routes))
