"""The bytes of images: /v2/images/{image_id}/file, and …/stage with …/import, the way in two steps."""

from __future__ import annotations

import contextlib
import re
from typing import Any

from cupola.base.errors import BadInput, CupolaError
from cupola.base.http.request import Request
from cupola.base.http.response import Response, accepted, no_content
from cupola.base.http.routes import Routes
from cupola.image.api.ranges import Span, content_span, span
from cupola.image.api.views.images import IMPORT_METHODS
from cupola.image.errors import ImageWithoutBytes, NotBytes
from cupola.image.logic import download, imports, upload
from cupola.image.model.image import Image
from cupola.image.policies import images as policies
from cupola.image.settings import ImageSettings

BYTES = "application/octet-stream"


def routes(settings: ImageSettings) -> Routes:
    """The routes, over the store that the settings name."""
    made = Routes()

    @made.put("/v2/images/{image_id}/file", rule=policies.UPLOAD, success=204, streams=True)
    def put(request: Request) -> Response:
        _receive(settings, request, staged=False)
        return no_content()

    @made.put("/v2/images/{image_id}/stage", rule=policies.MODIFY, success=204, streams=True)
    def stage(request: Request) -> Response:
        _receive(settings, request, staged=True)
        return no_content()

    @made.get("/v2/images/{image_id}/file", rule=policies.DOWNLOAD)
    def get(request: Request) -> Response:
        try:
            image = download.downloadable(request.ctx, request["image_id"])
            part = _part(request, image.size or 0)
            whole = part or Span(0, image.size or 0)
            stream = download.pieces(settings, image, whole.start, whole.length)
        except ImageWithoutBytes:
            return no_content()
        return Response(206 if part else 200, headers=_headers(image, whole, part), stream=stream, content_type=BYTES)

    @made.post("/v2/images/{image_id}/import", rule=policies.MODIFY, success=202, body={})
    def import_staged(request: Request) -> Response:
        _check_method(request.body)
        imports.import_staged(request.ctx, request["image_id"])
        return accepted()

    return made


def _check_method(body: Any) -> None:
    """Raises BadInput for a method that is not offered."""
    method = body.get("method") if isinstance(body, dict) else None
    if not isinstance(method, dict):
        raise BadInput("Import request requires a 'method' field.")
    if "name" not in method:
        raise BadInput("Import request requires a 'name' field.")
    if method["name"] not in IMPORT_METHODS:
        raise BadInput(f"Unknown import method name '{method['name']}'.")


def _receive(settings: ImageSettings, request: Request, staged: bool) -> None:
    media = request.headers.get("CONTENT-TYPE", "").partition(";")[0].strip().lower()
    if media != BYTES:
        raise NotBytes(media)
    try:
        upload.receive(request.ctx, settings, request["image_id"], request.chunks(), _announced(request), staged)
    except CupolaError:
        _drain(settings, request)
        raise


def _drain(settings: ImageSettings, request: Request) -> None:
    """Let a client end its upload: while it sends, most look for no answer, and would only see a broken connection."""
    if request.content_length is not None and request.content_length <= settings.largest_image:
        with contextlib.suppress(OSError):
            for _ in request.chunks():
                pass


def _announced(request: Request) -> int | None:
    """How many bytes the client says it sends. Raises BadInput."""
    given = request.headers.get("X-OPENSTACK-IMAGE-SIZE")
    if given is None:
        return request.content_length
    if not re.fullmatch("[0-9]{1,18}", given):
        raise BadInput("Invalid or missing image size in request headers.")
    return int(given)


def _part(request: Request, size: int) -> Span | None:
    """The part that is asked for, in either of two headers. Raises RangeNotSatisfiable, BadInput."""
    if (wanted := request.headers.get("RANGE")) is not None:
        return span(wanted, size)
    if (wanted := request.headers.get("CONTENT-RANGE")) is not None:
        return content_span(wanted, size)
    return None


def _headers(image: Image, whole: Span, part: Span | None) -> dict[str, str]:
    headers = {"Content-Length": str(whole.length)}
    if image.checksum is not None:
        headers["Content-MD5"] = image.checksum
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.start + part.length - 1}/{image.size}"
    return headers
