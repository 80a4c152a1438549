"""Logs: one JSON object a line, with the ids of what it is about in fields; to journald as its fields when it is there.

Whoever begins a piece of work says what it is about (`with about(request_id=…)`), and every record that is made
meanwhile in the same thread, by whatever part, has those fields.
"""

from __future__ import annotations

import contextlib
import contextvars
import errno
import logging
import os
import re
import socket
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TextIO

import orjson

JOURNAL = Path("/run/systemd/journal/socket")
LONGEST = 8192
"""characters of a field, where all of it is more than a datagram holds"""
_NOTHING: Mapping[str, object] = MappingProxyType({})
_about = contextvars.ContextVar("about", default=_NOTHING)
_STANDARD = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


def fields(record: logging.LogRecord) -> dict[str, object]:
    """What a record carries besides the standard attributes: request_id, project_id and such."""
    return {name: value for name, value in record.__dict__.items() if name not in _STANDARD and value is not None}


@contextlib.contextmanager
def about(**ids: object) -> Iterator[None]:
    """What is logged inside is about these: `request_id`, `operation_id`, `bus_message_id`, `resource` ("server/<id>"),
    `host`, `service` and such. (journald's own MESSAGE_ID is something else.)
    """
    before = _about.set({**_about.get(), **ids})
    try:
        yield
    finally:
        _about.reset(before)


class _About(logging.Filter):
    """Gives each record the fields of what is being worked on; those it has already stay as they are."""

    def __init__(self, always: Mapping[str, object]) -> None:
        super().__init__()
        self._always = always

    def filter(self, record: logging.LogRecord) -> bool:
        record.__dict__.update({**self._always, **_about.get(), **fields(record)})
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **fields(record),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(entry, default=str).decode()
        except TypeError:  # a number beyond 64 bits, half of a surrogate pair: no reason to lose the line
            plain = {name: str(value).encode(errors="backslashreplace").decode() for name, value in entry.items()}
            return orjson.dumps(plain).decode()


class JournalHandler(logging.Handler):
    """Sends records to journald in its native protocol, each field as a journal field (REQUEST_ID=…)."""

    PRIORITIES = {"DEBUG": 7, "INFO": 6, "WARNING": 4, "ERROR": 3, "CRITICAL": 2}

    def __init__(self, path: Path = JOURNAL) -> None:
        super().__init__()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._path = str(path)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._send(record)
        except Exception:  # noqa: BLE001 - logging never fails whoever logs
            self.handleError(record)

    def close(self) -> None:
        self._socket.close()
        super().close()

    def _send(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if record.exc_info:
            message += "\n" + logging.Formatter().formatException(record.exc_info)
        entry = {
            "MESSAGE": message,
            "PRIORITY": self.PRIORITIES.get(record.levelname, 6),
            "SYSLOG_IDENTIFIER": "cupola",
            "LOGGER": record.name,
            **{_name(name): value for name, value in fields(record).items()},
        }
        try:
            self._socket.sendto(b"".join(_field(name, str(value)) for name, value in entry.items()), self._path)
        except OSError as error:
            if error.errno != errno.EMSGSIZE:
                raise
            shortened = b"".join(_field(name, str(value)[:LONGEST]) for name, value in entry.items())
            self._socket.sendto(shortened, self._path)


def _name(name: str) -> str:
    """A name as journald takes it: capitals, digits and underscores, and a letter first."""
    return re.sub("[^A-Z0-9_]", "_", name.upper()).lstrip("_0123456789")[:64] or "FIELD"


def _field(name: str, value: str) -> bytes:
    data = value.encode(errors="backslashreplace")
    if b"\n" not in data:
        return name.encode() + b"=" + data + b"\n"
    return name.encode() + b"\n" + len(data).to_bytes(8, "little") + data + b"\n"


def set_up(level: str = "INFO", journal: Path = JOURNAL, **always: object) -> None:
    """Send all logs of the process to journald if it has our standard error, else there; `always` is in each record."""
    handler: logging.Handler
    if _goes_to_journal(sys.stderr) and journal.exists():
        handler = JournalHandler(journal)
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonFormatter())
    handler.addFilter(_About(always))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("alembic", "qemu"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _goes_to_journal(stream: TextIO) -> bool:
    """Whether a stream is the one that the service manager connected to journald and told us of."""
    try:
        facts = os.fstat(stream.fileno())
    except OSError:  # Apache's error log, as mod_wsgi hands it to us
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{facts.st_dev}:{facts.st_ino}"
