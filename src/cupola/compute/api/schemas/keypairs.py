"""What comes in for key pairs."""

from __future__ import annotations

from cupola.compute.api.schemas.parameters import ANY_TEXT, NAME, PAGING, query, whole

_NAME = {"allOf": [NAME, {"type": "string", "pattern": r"^[_\- a-zA-Z0-9]+$"}]}
_WIDER_NAME = {"allOf": [NAME, {"type": "string", "pattern": r"^[_\-\@\. a-zA-Z0-9]+$"}]}
_TYPE = {"type": "string", "enum": ["ssh", "x509"]}
_TEXT = {"type": "string"}

_CREATE = {"name": _NAME, "public_key": _TEXT}
_TYPED = {**_CREATE, "type": _TYPE}
_OF_USER = {**_TYPED, "user_id": {"type": "string", "maxLength": 64}}

CREATE = {
    "2.1": whole("keypair", _CREATE, ("name",)),
    "2.2": whole("keypair", _TYPED, ("name",)),
    "2.10": whole("keypair", _OF_USER, ("name",)),
    "2.92": whole("keypair", {**_OF_USER, "name": _WIDER_NAME}, ("name", "public_key")),
}
ONE = {
    "2.1": query({}, strict=False),
    "2.10": query({"user_id": ANY_TEXT}, strict=False),
    "2.75": query({"user_id": ANY_TEXT}, strict=True),
}
LIST = {
    "2.1": query({}, strict=False),
    "2.10": query({"user_id": ANY_TEXT}, strict=False),
    "2.35": query({"user_id": ANY_TEXT, **PAGING}, strict=False),
    "2.75": query({"user_id": ANY_TEXT, **PAGING}, strict=True),
}
