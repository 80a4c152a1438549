"""Declared routes: everything a client can observe of an endpoint, in one place above its handler.

    routes = Routes()

    @routes.get("/flavors/{flavor_id}", rule="os_compute_api:flavors")
    def show(request: Request) -> Response: ...

`rule` names the policy that `logic` asks for with `ctx.authorize`; None makes the route public (no token needed).
`body` and `query` are JSON schemas, or mappings from the microversion that introduced them to a schema. `action` is the
one key of the body of `POST …/action` that the handler serves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cupola.base.http.microversions import Version, version
from cupola.base.http.request import Request
from cupola.base.http.response import Response

Handler = Callable[[Request], Response]
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Route:
    """One operation of an API."""

    method: str
    path: str
    handler: Handler
    rule: str | None
    success: int
    body: Mapping[str, Schema]
    query: Mapping[str, Schema]
    since: Version | None = None
    until: Version | None = None
    action: str | None = None
    streams: bool = False
    """The handler reads the body itself, as it arrives."""

    def offered_at(self, at: Version | None) -> bool:
        """Whether it exists at a microversion."""
        if at is None:
            return True
        return (self.since is None or self.since <= at) and (self.until is None or at <= self.until)


def _versions(schema: Mapping[str, Any] | None) -> Mapping[str, Schema]:
    """A lone schema is in force from the beginning."""
    if schema is None:
        return {}
    return schema if all(key[:1].isdigit() for key in schema) and schema else {"1.0": schema}


class Routes:
    """The routes of one resource, in the order they are declared."""

    def __init__(self) -> None:
        self.declared: list[Route] = []

    def add(
        self,
        method: str,
        path: str,
        *,
        rule: str | None,
        success: int = 200,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        since: str | None = None,
        until: str | None = None,
        action: str | None = None,
        streams: bool = False,
    ) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            self.declared.append(
                Route(
                    method,
                    path,
                    handler,
                    rule,
                    success,
                    _versions(body),
                    _versions(query),
                    version(since) if since else None,
                    version(until) if until else None,
                    action,
                    streams,
                )
            )
            return handler

        return declare

    def get(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.add("GET", path, **options)

    def head(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.add("HEAD", path, **options)

    def post(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.add("POST", path, **options)

    def put(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.add("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.add("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.add("DELETE", path, **{"success": 204, **options})

    def action(self, path: str, name: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.add("POST", path, action=name, **{"success": 202, **options})
