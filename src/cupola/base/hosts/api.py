"""`/internal`: the control plane for agents on other machines, and for nobody else.

Each request bears a host's own credential (`Authorization: Bearer`), and is answered for that host alone.
"""

from __future__ import annotations

import base64
import re
from datetime import datetime

from cupola.base.errors import BadInput
from cupola.base.hosts.control import LocalControl
from cupola.base.hosts.credentials import caller_of
from cupola.base.http.api import Api
from cupola.base.http.faults import error_list
from cupola.base.http.request import Request
from cupola.base.http.response import Response, no_content, ok
from cupola.base.http.routes import Routes
from cupola.base.policy import Rule
from cupola.base.service import Service

ROOT = "/internal"
HELLO, WANTED, IMAGE, METADATA = "hosts:hello", "hosts:wanted", "hosts:image", "hosts:metadata"
_HOST = "/v1/hosts/{host}"
_ITSELF = "host:%(host)s"
RULES = (
    Rule(HELLO, _ITSELF, "Say that a host is there.", (("PUT", f"{ROOT}{_HOST}/hello"),), scope_types=()),
    Rule(
        WANTED,
        _ITSELF,
        "See what is to be on a host.",
        (("GET", f"{ROOT}{_HOST}/subjects"), ("POST", f"{ROOT}{_HOST}/documents")),
        scope_types=(),
    ),
    Rule(
        IMAGE,
        _ITSELF,
        "Get the image of a server that is to be on a host.",
        (("GET", f"{ROOT}{_HOST}/images/{{image_id}}"),),
        scope_types=(),
    ),
    Rule(
        METADATA,
        _ITSELF,
        "Get what a server is told of itself, in a network that is on a host.",
        (("GET", f"{ROOT}{_HOST}/metadata"),),
        scope_types=(),
    ),
)

MOST_SUBJECTS = 1000
"""Things that are asked for at once; who wants more asks again."""
LARGEST = 8 << 20
"""Bytes of a body: a host tells its facts in one."""

_TEXT = {"type": "string", "minLength": 1, "maxLength": 255}
_FACTS = {
    "type": "object",
    "properties": {
        "facts": {"type": "object"},
        "started_at": {"type": "string", "maxLength": 64},
        "agent": {"type": ["string", "null"], "maxLength": 64},
    },
    "required": ["facts", "started_at"],
    "additionalProperties": True,
}
_SUBJECTS = {
    "type": "object",
    "properties": {
        "subjects": {"type": "array", "items": _TEXT, "maxItems": MOST_SUBJECTS},
        "known": {"type": "object", "additionalProperties": {"type": "integer"}, "maxProperties": MOST_SUBJECTS},
    },
    "required": ["subjects"],
    "additionalProperties": True,
}
_ONE = {"type": "array", "minItems": 1, "maxItems": 1, "items": {"type": "string", "maxLength": 4096}}
_WHO = {
    "type": "object",
    "properties": {"network": _ONE, "address": _ONE, "path": _ONE},
    "required": ["network", "address", "path"],
}


def service(control: LocalControl) -> Service:
    """The control plane as a service of its own."""
    routes = Routes()

    def mine(request: Request, rule: str) -> tuple[LocalControl, str]:
        """What answers the host that asks, and its name; nobody asks for another."""
        request.ctx.authorize(rule, {"host": request["host"]})
        return control.asked_by(request.ctx.request_id), request["host"]

    @routes.put(f"{_HOST}/hello", rule=HELLO, success=204, body=_FACTS)
    def hello(request: Request) -> Response:
        asked, host = mine(request, HELLO)
        told = request.body
        asked.hello(host, told["facts"], _moment(told["started_at"]), told.get("agent"))
        return no_content()

    @routes.get(f"{_HOST}/subjects", rule=WANTED)
    def subjects(request: Request) -> Response:
        asked, host = mine(request, WANTED)
        return ok({"subjects": asked.subjects(host)})

    @routes.post(f"{_HOST}/documents", rule=WANTED, success=200, body=_SUBJECTS)
    def documents(request: Request) -> Response:
        asked, host = mine(request, WANTED)
        wanted = asked.raw_documents(host, request.body["subjects"], request.body.get("known", {}))
        return ok({"documents": wanted})

    @routes.get(f"{_HOST}/images/{{image_id}}", rule=IMAGE)
    def image(request: Request) -> Response:
        asked, host = mine(request, IMAGE)
        pieces = asked.image(host, request["image_id"], _start(request))
        return Response(200, stream=pieces, content_type="application/octet-stream")

    @routes.get(f"{_HOST}/metadata", rule=METADATA, query=_WHO)
    def metadata(request: Request) -> Response:
        asked, host = mine(request, METADATA)
        network, address, path = (str(request.one(name)) for name in ("network", "address", "path"))
        status, body = asked.metadata(host, network, address, path)
        return ok({"status": status, "body": base64.b64encode(body).decode()})

    api = Api("hosts", ROOT, routes.declared, error_list, body_limit=LARGEST, bearer=caller_of)
    return Service("hosts", api, RULES)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"started_at: {text[:64]!r} is no date and time.") from error
    if moment.tzinfo is None:
        raise BadInput(f"started_at: {text[:64]!r} has no time zone.")
    return moment


def _start(request: Request) -> int:
    """The first byte that is asked for: `Range: bytes=N-` goes on where a download broke off."""
    wanted = request.headers.get("RANGE")
    if wanted is None:
        return 0
    match = re.fullmatch(r"bytes=(\d{1,18})-", wanted)
    if match is None:
        raise BadInput("Range: only bytes=N- is understood here.")
    return int(match[1])
