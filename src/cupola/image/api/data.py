"""The bytes of images: /v2/images/{image_id}/file."""

from __future__ import annotations

from cupola.base.errors import BadInput
from cupola.base.http.request import Request
from cupola.base.http.response import Response, no_content
from cupola.base.http.routes import Routes
from cupola.image.api.ranges import Span, content_span, span
from cupola.image.errors import ImageWithoutBytes, NotBytes
from cupola.image.logic import download, upload
from cupola.image.model.image import Image
from cupola.image.policies import images as policies
from cupola.image.settings import ImageSettings

BYTES = "application/octet-stream"


def routes(settings: ImageSettings) -> Routes:
    """The routes, over the store that the settings name."""
    made = Routes()

    @made.put("/v2/images/{image_id}/file", rule=policies.UPLOAD, success=204, streams=True)
    def put(request: Request) -> Response:
        media = request.headers.get("CONTENT-TYPE", "").partition(";")[0].strip().lower()
        if media != BYTES:
            raise NotBytes(media)
        upload.receive(request.ctx, settings, request["image_id"], request.chunks(), _announced(request))
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

    return made


def _announced(request: Request) -> int | None:
    """How many bytes the client says it sends. Raises BadInput."""
    given = request.headers.get("X-OPENSTACK-IMAGE-SIZE")
    if given is None:
        return request.content_length
    if not given.isascii() or not given.isdigit():
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
