"""The control plane over HTTP, for the agent of another machine; what answers is `api.py`.

Several APIs may be named, and are asked in turn: one that cannot be reached, is too slow, breaks off or says that it
cannot answer now is left for the next, and for a while asked after the others. Everything asked here may be asked
again, so nothing is lost by that. When none answers, `ControlAway` is raised: the agent keeps what it has and asks
later.
"""

from __future__ import annotations

import base64
import http.client
import itertools
import logging
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import orjson

from cupola.base.errors import (
    ConfigurationError,
    Conflict,
    CupolaError,
    Forbidden,
    NotFound,
    Unauthenticated,
    Unavailable,
)
from cupola.base.hosts.control import Document

log = logging.getLogger(__name__)

PATIENCE = 30.0
"""seconds that an API may take to begin its answer, and between two pieces of it"""
CONNECT_WITHIN = 5.0
"""Seconds until a connection must be there: a machine that is off says nothing at all."""
MOST_AT_ONCE = 500
"""Things that are asked for in one request."""
PIECE = 1 << 18
IMAGE_PATIENCE = 60.0
"""seconds without a byte of an image, whoever was asked, until it is given up"""
PAUSE = 1.0
LEFT_FOR = 30.0
"""Seconds for which an API that did not answer is asked only when no other one answers. Then one request looks whether
it is back, while others leave it alone."""
LOOK = 3.0
"""Seconds that it may take then."""
AWAY = (502, 503, 504)


class ControlAway(Unavailable):
    """No API answers now."""


class Refused(CupolaError):
    """An API understood the request and said no."""


@dataclass(frozen=True)
class _Place:
    """Where an API is."""

    scheme: str
    host: str
    port: int
    prefix: str


@dataclass(frozen=True)
class _Asked:
    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] | None = None


class RemoteControl:
    """The control plane as a host sees it that has its credential.

    `urls` are those of APIs, with the path under which all services are, if there is one; `ca_file` has the
    certificates that https is believed by. The credential is read for each request: a new one in the file is used at
    once.
    """

    def __init__(
        self,
        urls: Sequence[str],
        credential: Callable[[], str],
        ca_file: Path | None = None,
        patience: float = PATIENCE,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raises ConfigurationError for what is no URL, or a file that holds no certificates."""
        self._places = [_place(url) for url in urls]
        if not self._places:
            raise ConfigurationError("[agent] control_url names no API.")
        self._credential = credential
        self._tls = _trust(ca_file) if any(place.scheme == "https" for place in self._places) else None
        self._patience = patience
        self._pause = pause
        self._turns = itertools.count()
        self._left: dict[int, float] = {}  # those that did not answer, and until when they are left

    def hello(self, host: str, facts: Mapping[str, Any], started_at: datetime, agent: str | None = None) -> None:
        """Raises Conflict when another agent speaks for the host, ControlAway, Refused."""
        self._ask("PUT", host, "hello", {"facts": facts, "started_at": started_at.isoformat(), "agent": agent})

    def subjects(self, host: str) -> list[str]:
        """Raises ControlAway, Refused."""
        found: list[str] = self._ask("GET", host, "subjects")["subjects"]
        return found

    def documents(
        self, host: str, subjects: Sequence[str], known: Mapping[str, int] = MappingProxyType({})
    ) -> dict[str, Document | None]:
        """Raises ControlAway, Refused."""
        found: dict[str, Document | None] = {}
        for start in range(0, len(subjects), MOST_AT_ONCE):
            some = list(subjects[start : start + MOST_AT_ONCE])
            has = {subject: known[subject] for subject in some if subject in known}
            found |= self._ask("POST", host, "documents", {"subjects": some, "known": has})["documents"]
        return found

    def metadata(self, host: str, network: str, address: str, path: str) -> tuple[int, bytes]:
        """Raises ControlAway, Refused."""
        query = urlencode({"network": network, "address": address, "path": path})
        answer = self._ask("GET", host, f"metadata?{query}")
        return int(answer["status"]), base64.b64decode(answer["body"])

    def image(self, host: str, image_id: str, start: int = 0) -> Iterator[bytes]:
        """The bytes as they come. What breaks off goes on where it was, from whichever API answers.

        Raises NotFound, Refused with the first piece; ControlAway when none answers for too long.
        """
        return self._pieces(f"{_path(host)}/images/{quote(image_id, safe='')}", start)

    def _pieces(self, path: str, at: int) -> Iterator[bytes]:
        given_up = time.monotonic() + IMAGE_PATIENCE
        while True:
            try:
                with self._open(_Asked("GET", path, headers={"Range": f"bytes={at}-"})) as answer:
                    while piece := answer.body.read(PIECE):
                        at += len(piece)
                        given_up = time.monotonic() + IMAGE_PATIENCE
                        yield piece
                    if answer.body.length:  # so much was to come, and reading piece by piece does not say so
                        raise http.client.IncompleteRead(b"", answer.body.length)
                    return
            except (ControlAway, OSError, http.client.HTTPException) as error:
                if time.monotonic() > given_up:
                    raise ControlAway(f"No API gave the rest of {path} from byte {at} on: {error}") from error
                log.info("%s broke off at byte %d: %r", path, at, error)
                self._pause(PAUSE)

    def _ask(self, method: str, host: str, what: str, body: Any = None) -> Any:
        """One question, with its answer read whole; put to each API until one answers."""
        asked = _Asked(method, f"{_path(host)}/{what}", None if body is None else orjson.dumps(body))
        away: list[str] = []
        for _ in self._places:
            with self._open(asked) as answer:
                try:
                    data = answer.body.read()
                    return orjson.loads(data) if data or answer.body.status != 204 else None
                except (OSError, http.client.HTTPException, orjson.JSONDecodeError) as error:  # half an answer is none
                    away.append(self._leave(answer.place, error))
        raise ControlAway(f"No API answers: {'; '.join(away)}")

    def _open(self, asked: _Asked) -> _Answer:
        """The answer's beginning, from the first API that has one. Raises ControlAway, Refused."""
        away: list[str] = []
        for number in self._order():
            place = self._places[number]
            patience = self._look(number)
            connection = self._connection(place, min(CONNECT_WITHIN, patience))
            try:
                connection.connect()
                connection.sock.settimeout(patience)
                answer = _Answer(self._send(connection, place, asked), connection, number)
                self._left.pop(number, None)
                return answer
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                away.append(self._leave(number, error))
            except BaseException:
                connection.close()
                raise
        raise ControlAway(f"No API answers: {'; '.join(away)}")

    def _order(self) -> list[int]:
        """The places, by number, in the order in which they are to be asked now."""
        now, first = time.monotonic(), next(self._turns)
        turn = [(first + number) % len(self._places) for number in range(len(self._places))]
        return sorted(turn, key=lambda number: self._left.get(number, now) > now)

    def _look(self, number: int) -> float:
        """How long to wait for a place; who asks one that was left does so for all others meanwhile."""
        if number not in self._left:
            return self._patience
        self._left[number] = time.monotonic() + LEFT_FOR
        return min(LOOK, self._patience)

    def _leave(self, number: int, error: Exception) -> str:
        """Ask others first for a while; returns what was wrong with this one."""
        self._left[number] = time.monotonic() + LEFT_FOR
        place = self._places[number]
        return f"{place.scheme}://{place.host}:{place.port}{place.prefix}: {error or type(error).__name__}"

    def _send(self, connection: http.client.HTTPConnection, place: _Place, asked: _Asked) -> http.client.HTTPResponse:
        headers = {"Authorization": f"Bearer {self._credential()}", "Accept": "application/json", "Connection": "close"}
        if asked.body is not None:
            headers["Content-Type"] = "application/json"
        headers |= asked.headers or {}
        connection.request(asked.method, place.prefix + asked.path, asked.body, headers)
        answer = connection.getresponse()
        if answer.status in AWAY:
            raise http.client.HTTPException(f"it answers {answer.status} {answer.reason}")
        if answer.status >= 400:
            raise _refusal(answer)
        return answer

    def _connection(self, place: _Place, within: float) -> http.client.HTTPConnection:
        if place.scheme == "https":
            return http.client.HTTPSConnection(place.host, place.port, timeout=within, context=self._tls)
        return http.client.HTTPConnection(place.host, place.port, timeout=within)


@dataclass(frozen=True)
class _Answer:
    """An answer whose head is there, with the connection that its body comes by and the number of its API."""

    body: http.client.HTTPResponse
    connection: http.client.HTTPConnection
    place: int

    def __enter__(self) -> _Answer:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()


def _path(host: str) -> str:
    return f"/internal/v1/hosts/{quote(host, safe='')}"


def _place(url: str) -> _Place:
    """Raises ConfigurationError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigurationError(f"[agent] control_url: {url!r} is no URL: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"[agent] control_url: {url!r} is no http or https URL.")
    usual = 443 if parts.scheme == "https" else 80
    return _Place(parts.scheme, parts.hostname, port or usual, parts.path.rstrip("/"))


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except OSError as error:  # ssl.SSLError is one
        raise ConfigurationError(f"[agent] ca_file: {ca_file} cannot be used: {error}") from error


def _refusal(answer: http.client.HTTPResponse) -> CupolaError:
    """What an API said no with, as its family of errors."""
    try:
        message = str(orjson.loads(answer.read())["errors"][0]["detail"])
    except (ValueError, LookupError, TypeError):
        message = f"the control plane answers {answer.status} {answer.reason}"
    families: dict[int, type[CupolaError]] = {401: Unauthenticated, 403: Forbidden, 404: NotFound, 409: Conflict}
    return families.get(answer.status, Refused)(message)
