"""How a process is, over HTTP: `/healthcheck` and `/healthcheck/ready`, for everybody, beside the routes of any API."""

from __future__ import annotations

from typing import Any

import falcon

from cupola.base.observe.health import OK, Readiness

LIVENESS = "/healthcheck"
READINESS = "/healthcheck/ready"


class _Live:
    """Answers as long as the process can answer at all; asks nobody."""

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        response.media = {"status": OK}


class _Ready:
    """200 with all parts "ok", or 503 and which are not."""

    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        parts = self._readiness.look()
        ready = all(said == OK for said in parts.values())
        response.status = 200 if ready else 503
        response.media = {"status": OK if ready else "not ready", "parts": parts}


def add_health(app: falcon.App[Any, Any], readiness: Readiness) -> None:
    """Let an application answer how it is."""
    app.add_route(LIVENESS, _Live())
    app.add_route(READINESS, _Ready(readiness))
