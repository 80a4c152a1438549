"""How identity words what `base` refuses before a handler is reached; all else has its own words."""

from __future__ import annotations

from cupola.base.errors import CupolaError, MethodNotAllowed, NoSuchPath, PolicyForbids, UnsupportedMediaType
from cupola.base.http.faults import Refused, error_object
from cupola.base.http.response import Response
from cupola.base.http.validation import InvalidField, MalformedBody

_BLAME = (
    "The server could not comply with the request since it is either malformed or otherwise incorrect. "
    "The client is assumed to be in error."
)


_NOWHERE = (
    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
    "<p>The requested URL was not found on the server. If you entered the URL manually please check your spelling "
    "and try again.</p>\n"
)


def fault(error: CupolaError, status: int, refused: Refused) -> Response:
    """An error of any family in identity's form."""
    if isinstance(error, NoSuchPath):
        return Response(status, _NOWHERE.encode(), content_type="text/html; charset=utf-8")
    if isinstance(error, MethodNotAllowed):
        return Response(status, {"message": "The method is not allowed for the requested URL."})
    response = error_object(error, status, refused)
    if words := _words(error):
        return Response(status, {"error": {**response.body["error"], "message": words, "title": _title(status, error)}})
    return response


def _words(error: CupolaError) -> str | None:
    if isinstance(error, MalformedBody):
        return f"Expecting to find valid JSON in request body. {_BLAME}"
    if isinstance(error, UnsupportedMediaType):
        return f"Expecting to find application/json in Content-Type header. {_BLAME}"
    if isinstance(error, InvalidField) and error.path in ("", "auth"):
        return error.reason
    if isinstance(error, PolicyForbids):
        return f"You are not authorized to perform the requested action: {error.rule}."
    return None


def _title(status: int, error: CupolaError) -> str:
    return "Bad Request" if status == 400 else error.title
