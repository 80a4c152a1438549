"""Calls a WSGI application in the same process, as a logged-in client would over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from falcon import testing

from cupola.base.http.application import Wsgi


@dataclass(frozen=True)
class Answer:
    """Status, headers (lower case) and body of an answer."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.content) if self.content else None


class Browser:
    """Somebody with a token (or none), and the microversion they ask for."""

    def __init__(self, app: Wsgi, token: str | None = None, microversion: str | None = None) -> None:
        self.app = app
        self.token = token
        self.microversion = microversion

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Answer:
        """Ask for `path` (from the top: "/compute/v2.1/servers")."""
        sent = dict(headers or {})
        if self.token is not None:
            sent["X-Auth-Token"] = self.token
        if self.microversion is not None:
            sent["OpenStack-API-Version"] = f"{path.split('/')[1]} {self.microversion}"
        if body is not None:
            content = orjson.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        target, _, query = path.partition("?")
        result = testing.simulate_request(
            self.app, method, target, query_string=query, headers=sent, body=content, host="cloud.test"
        )
        return Answer(
            result.status_code, {name.lower(): value for name, value in result.headers.items()}, result.content
        )

    def get(self, path: str, **options: Any) -> Answer:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("POST", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("PUT", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("PATCH", path, body, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        return self.call("DELETE", path, **options)
