"""OPTIONS of every path: which methods it has."""

from __future__ import annotations

from collections.abc import Sequence

from cupola.base.http.request import Request
from cupola.base.http.response import Response
from cupola.base.http.routes import Handler, Route, Routes
from cupola.identity.api.faults import allowed


def options(declared: Sequence[Route]) -> Sequence[Route]:
    """A route for each path that `declared` has."""
    methods: dict[str, set[str]] = {}
    for route in declared:
        methods.setdefault(route.path, set()).add(route.method)
    asked = Routes()
    for path, known in methods.items():
        asked.add("OPTIONS", path, rule=None)(_answer(allowed(known)))
    return asked.declared


def _answer(allow: str) -> Handler:
    def answer(request: Request) -> Response:
        return Response(200, None, {"Allow": allow}, content_type="text/html; charset=utf-8")

    return answer
