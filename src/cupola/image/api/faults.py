"""How the image API words what `base` refuses; the form of the body is what the client accepts best."""

from __future__ import annotations

from cupola.base.errors import CupolaError, PolicyForbids, Unauthenticated
from cupola.base.http.faults import Refused, page
from cupola.base.http.response import Response

_UNKNOWN_CALLER = (
    "This server could not verify that you are authorized to access the document you requested. "
    "Either the credentials are wrong or have expired, or the request does not supply the credentials required."
)


def fault(error: CupolaError, status: int, refused: Refused) -> Response:
    """An error of any family in image's words."""
    if isinstance(error, PolicyForbids):
        error = CupolaError(f"You are not authorized to complete the action {error.rule}.")
    if isinstance(error, Unauthenticated):
        error = CupolaError(_UNKNOWN_CALLER)
    return page(error, status, refused)
