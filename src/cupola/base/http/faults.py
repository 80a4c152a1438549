"""How errors look on the wire: the one place where a family of `base/errors.py` becomes an answer.

Each API has its own form; clients read them, so status, envelope and content type are those of the OpenStack API.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from falcon.util.mediatypes import best_match

from cupola.base import errors
from cupola.base.errors import CupolaError, NoSuchPath, Unauthenticated
from cupola.base.http.microversions import Version
from cupola.base.http.response import Response


@dataclass(frozen=True)
class Refused:
    """The request that an error answers; `microversion` is None of one refused before it was negotiated."""

    request_id: str
    accept: str
    microversion: Version | None


class FaultForm(Protocol):
    """Words an error in an API's own form."""

    def __call__(self, error: CupolaError, status: int, refused: Refused) -> Response: ...


@dataclass(frozen=True)
class NamedFault:
    """`{"itemNotFound": {"code": 404, "message": …}}`: compute and block storage.

    A path that is not there is refused in the form of `page`.
    """

    names: Mapping[int, str]
    default: str = "computeFault"

    def __call__(self, error: CupolaError, status: int, refused: Refused) -> Response:
        body: dict[str, Any] = {"code": status, "message": error.message}
        headers = {}
        if status in (413, 429):
            body["retryAfter"] = "0"
            headers["Retry-After"] = "0"
        if isinstance(error, NoSuchPath):
            return page(error, status, refused)
        named = {self.names.get(status, self.default): body}
        return Response(status, named, headers, content_type="application/json; charset=UTF-8")


COMPUTE_FAULTS = NamedFault(
    {
        400: "badRequest",
        401: "unauthorized",
        403: "forbidden",
        404: "itemNotFound",
        405: "badMethod",
        409: "conflictingRequest",
        413: "overLimit",
        415: "badMediaType",
        429: "overLimit",
        501: "notImplemented",
        503: "serviceUnavailable",
    }
)


def error_object(error: CupolaError, status: int, refused: Refused) -> Response:
    """`{"error": {"code", "message", "title"}}`: identity."""
    return Response(status, {"error": {"code": status, "message": error.message, "title": error.title}})


_TITLES = {
    family.status: family.title
    for family in (
        errors.BadInput,
        errors.Unauthenticated,
        errors.Forbidden,
        errors.NotFound,
        errors.MethodNotAllowed,
        errors.NotAcceptable,
        errors.SlowClient,
        errors.Conflict,
        errors.Gone,
        errors.PreconditionFailed,
        errors.TooLarge,
        errors.UnsupportedMediaType,
        errors.NotSupported,
        errors.Unavailable,
    )
} | {416: "Request Range Not Satisfiable"}
"""By status, which an API may give to errors of another family."""


def page(error: CupolaError, status: int, refused: Refused) -> Response:
    """What the client accepts best of a small HTML page, JSON and, if it accepts neither, text: image."""
    title = _TITLES.get(status, "Internal Server Error")
    line = f"{status} {title}"
    form = _accepted(refused.accept, "text/html", "application/json")
    if form == "application/json":
        return Response(status, {"message": f"{error.message}<br /><br />\n\n\n", "code": line, "title": title})
    if form == "":
        text = f"{line}\n\n{error.message}\n\n   "
        return Response(status, text.encode(), content_type="text/plain; charset=UTF-8")
    html_text = (
        f"<html>\n <head>\n  <title>{line}</title>\n </head>\n <body>\n  <h1>{line}</h1>\n"
        f"  {html.escape(error.message)}<br /><br />\n\n\n\n </body>\n</html>"
    )
    return Response(status, html_text.encode(), content_type="text/html; charset=UTF-8")


def _accepted(accept: str, *forms: str) -> str:
    """The form that a client accepts best; none if it says nothing that can be understood."""
    try:
        return best_match(forms, accept) if accept else ""
    except ValueError:
        return ""


def typed_fault(error: CupolaError, status: int, refused: Refused) -> Response:
    """`{"NeutronError": {"type", "message", "detail"}}`: network."""
    return Response(status, {"NeutronError": {"type": error.kind, "message": error.message, "detail": ""}})


def error_list(error: CupolaError, status: int, refused: Refused) -> Response:
    """`{"errors": [{"status", "title", "detail", "request_id"}]}`: placement (API-SIG's errors guideline)."""
    entry: dict[str, Any] = {
        "status": status,
        "title": error.title,
        "detail": error.message,
        "request_id": refused.request_id,
    }
    if error.code:
        entry["code"] = error.code
    return Response(status, {"errors": [entry]})


def unauthenticated(error: Unauthenticated, identity_url: str) -> Response:
    """Refused before any API was reached: the same for every service."""
    body = {"error": {"code": 401, "title": "Unauthorized", "message": error.message}}
    return Response(401, body, {"WWW-Authenticate": f'Keystone uri="{identity_url}"'})
