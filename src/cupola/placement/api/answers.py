"""How placement answers: error bodies with codes, times of change, links."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from cupola.base.errors import CupolaError, NotAcceptable
from cupola.base.http.faults import Refused, error_list
from cupola.base.http.request import Request
from cupola.base.http.response import Response

MINIMUM, MAXIMUM = (1, 0), (1, 39)
CODES_SINCE = (1, 23)
UNDEFINED = "placement.undefined_code"
MEANINGS = {
    400: "The server could not comply with the request, which is malformed or otherwise incorrect.",
    403: "Access was denied to this resource.",
    404: "The resource could not be found.",
    409: "There was a conflict in trying to complete your request.",
}
"""What a detail begins with: the meaning of the status; the cause comes after it."""


def fault(error: CupolaError, status: int, refused: Refused) -> Response:
    """The list of errors, from 1.23 on with codes; when a microversion was not acceptable, with those that are."""
    response = error_list(error, status, refused)
    entry = response.body["errors"][0]
    if status in MEANINGS and error.message != MEANINGS[status]:
        entry["detail"] = f"{MEANINGS[status]}\n\n {error.message}"
    if isinstance(error, NotAcceptable):
        entry |= {"max_version": "{}.{}".format(*MAXIMUM), "min_version": "{}.{}".format(*MINIMUM)}
    elif refused.microversion is not None and refused.microversion >= CODES_SINCE:
        entry.setdefault("code", UNDEFINED)
    else:
        entry.pop("code", None)
    return response


def path(request: Request, *parts: str) -> str:
    """A link as placement gives it: the path on this host."""
    return "/".join((urlsplit(request.root).path, *parts))


def dated(request: Request, body: Any, changed_at: datetime | None = None, status: int = 200) -> Response:
    """An answer that says, from 1.15 on, when what it shows last changed (None: it is made up this moment)."""
    if not request.at_least("1.15"):
        return Response(status, body)
    at = changed_at or request.ctx.now()
    headers = {"Last-Modified": format_datetime(at, usegmt=True), "Cache-Control": "no-cache"}
    return Response(status, body, headers)


def located(request: Request, response: Response, *parts: str) -> Response:
    """The same answer with the location of what was made."""
    where = "/".join((request.root, *parts))
    return Response(response.status, response.body, {**response.headers, "Location": where})
