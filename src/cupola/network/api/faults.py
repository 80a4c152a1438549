"""Errors as this API says them: `{"NeutronError": {"type", "message", "detail"}}` with the types clients know."""

from __future__ import annotations

from cupola.base.errors import (
    CupolaError,
    MethodNotAllowed,
    NoSuchPath,
    NotFound,
    OverQuota,
    PolicyForbids,
    UnsupportedMediaType,
)
from cupola.base.http.faults import Refused, typed_fault
from cupola.base.http.response import Response
from cupola.base.http.validation import InvalidField, MalformedBody

STATUSES: dict[type[CupolaError], int] = {OverQuota: 409, UnsupportedMediaType: 400}


def network_fault(error: CupolaError, status: int, refused: Refused) -> Response:
    response = typed_fault(error, status, refused)
    response.body["NeutronError"].update(_known(error))
    return response


def _known(error: CupolaError) -> dict[str, str]:
    if isinstance(error, PolicyForbids):
        return {"type": "PolicyNotAuthorized", "message": f"rule:{error.rule} is disallowed by policy"}
    if isinstance(error, OverQuota):
        return {"message": f"Quota exceeded for resources: ['{error.resource}']."}
    if isinstance(error, (MalformedBody, UnsupportedMediaType)):
        return {"type": "HTTPBadRequest", "message": "Body contains invalid data"}
    if isinstance(error, InvalidField):
        return {"type": "HTTPBadRequest"}
    if isinstance(error, MethodNotAllowed):
        return {"type": "HTTPMethodNotAllowed"}
    if type(error) in (NotFound, NoSuchPath):
        return {"type": "HTTPNotFound"}
    return {}
