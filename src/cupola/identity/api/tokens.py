"""`/v3/auth/tokens`."""

from __future__ import annotations

from collections.abc import Sequence

from cupola.base.http.request import Request
from cupola.base.http.response import Response, no_content
from cupola.base.http.routes import Route, Routes
from cupola.identity.api.schemas import tokens as schemas
from cupola.identity.api.views import tokens as views
from cupola.identity.logic import tokens
from cupola.identity.logic.identity import Identity
from cupola.identity.policies import tokens as policy

PATH = "/v3/auth/tokens"


def routes(identity: Identity) -> Sequence[Route]:
    declared = Routes()

    @declared.post(PATH, rule=None, body=schemas.ISSUE, success=201)
    def issue(request: Request) -> Response:
        return _answer(201, tokens.issue(identity, request.ctx, request.body["auth"], _with_catalog(request)))

    @declared.get(PATH, rule=policy.VALIDATE)
    def show(request: Request) -> Response:
        return _answer(200, tokens.show(identity, request.ctx, _subject(request), _with_catalog(request)))

    @declared.head(PATH, rule=policy.CHECK)
    def check(request: Request) -> Response:
        tokens.check(identity, request.ctx, _subject(request))
        return Response(200, None, {"X-Subject-Token": _subject(request) or ""})

    @declared.delete(PATH, rule=policy.REVOKE)
    def revoke(request: Request) -> Response:
        tokens.revoke(identity, request.ctx, _subject(request))
        return no_content()

    return declared.declared


def _subject(request: Request) -> str | None:
    return request.headers.get("X-SUBJECT-TOKEN")


def _with_catalog(request: Request) -> bool:
    return "nocatalog" not in request.query


def _answer(status: int, shown: tokens.Shown) -> Response:
    return Response(status, views.token(shown), {"X-Subject-Token": shown.text})
