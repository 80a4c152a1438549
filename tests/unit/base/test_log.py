"""Logs: one JSON object a line, or journald's own protocol, and never a failure of whoever logs."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from cupola.base.observe.log import LONGEST, JournalHandler, JsonFormatter, about, set_up


def record(message: str, *args: object, level: int = logging.INFO, **extra: Any) -> logging.LogRecord:
    made = logging.getLogger("cupola.test").makeRecord(
        "cupola.test", level, "f.py", 1, message, args, None, extra=extra
    )
    made.created = 1767225600.25
    return made


def caught() -> Any:
    import sys

    try:
        raise LookupError("no\nsuch thing")
    except LookupError:
        return sys.exc_info()


def formatted(of: logging.LogRecord) -> dict[str, Any]:
    line = JsonFormatter().format(of)
    assert "\n" not in line
    return dict(orjson.loads(line))


def test_a_line_has_the_moment_the_level_and_the_fields() -> None:
    assert formatted(record("%s of %d", "one", 2, request_id="req-1", project_id=None)) == {
        "at": "2026-01-01T00:00:00.250+00:00",
        "level": "INFO",
        "logger": "cupola.test",
        "message": "one of 2",
        "request_id": "req-1",
    }


def test_a_traceback_is_part_of_the_line() -> None:
    of = record("failed")
    of.exc_info = caught()
    assert formatted(of)["traceback"].endswith("LookupError: no\nsuch thing")


@pytest.mark.parametrize("value", [2**70, "\ud800 half", b"bytes", Path("/x"), {1: 2}, object])
def test_whatever_is_logged_a_line_comes_out(value: Any) -> None:
    entry = formatted(record("%s", value, field=value))
    assert entry["logger"] == "cupola.test"
    assert "field" in entry


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[socket.socket]:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.bind(str(tmp_path / "journal"))
    listening.settimeout(5)
    yield listening
    listening.close()


@pytest.fixture
def handler(tmp_path: Path, journal: socket.socket) -> Iterator[JournalHandler]:
    handler = JournalHandler(tmp_path / "journal")
    yield handler
    handler.close()


def received(journal: socket.socket) -> dict[str, str]:
    """What journald would read of a datagram: NAME=value lines, and values with their length before them."""
    data, found = journal.recv(1 << 20), {}
    while data:
        line, _, rest = data.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if equals:
            data = rest
        else:
            length = int.from_bytes(rest[:8], "little")
            value, end, data = rest[8 : 8 + length], rest[8 + length : 9 + length], rest[9 + length :]
            assert end == b"\n"
        found[name.decode()] = value.decode()
    return found


def test_a_record_becomes_journal_fields(handler: JournalHandler, journal: socket.socket) -> None:
    handler.emit(record("a=b %s", "ä", level=logging.ERROR, request_id="req-1"))
    assert received(journal) == {
        "MESSAGE": "a=b ä",
        "PRIORITY": "3",
        "SYSLOG_IDENTIFIER": "cupola",
        "LOGGER": "cupola.test",
        "REQUEST_ID": "req-1",
    }


def test_values_of_several_lines_cannot_add_fields(handler: JournalHandler, journal: socket.socket) -> None:
    of = record("one\nPRIORITY=0", path="/a\nLOGGER=root\n")
    of.exc_info = caught()
    handler.emit(of)
    seen = received(journal)
    assert (seen["PRIORITY"], seen["LOGGER"], seen["PATH"]) == ("6", "cupola.test", "/a\nLOGGER=root\n")
    assert seen["MESSAGE"].startswith("one\nPRIORITY=0\nTraceback")


def test_names_are_as_journald_takes_them(handler: JournalHandler, journal: socket.socket) -> None:
    handler.emit(record("x", **{"user-agent": 1, "_hidden": 2, "9lives": 3, "ü" * 3: 4}))
    assert {"USER_AGENT", "HIDDEN", "LIVES", "FIELD"} <= set(received(journal))


def test_text_that_is_no_unicode_is_written_with_escapes(handler: JournalHandler, journal: socket.socket) -> None:
    handler.emit(record("half \ud800"))
    assert received(journal)["MESSAGE"] == "half \\ud800"


def test_what_is_more_than_a_datagram_is_shortened(handler: JournalHandler, journal: socket.socket) -> None:
    handler.emit(record("x" * (1 << 22), request_id="req-1"))
    seen = received(journal)
    assert (len(seen["MESSAGE"]), seen["REQUEST_ID"]) == (LONGEST, "req-1")


def test_a_journal_that_is_gone_is_no_failure_of_whoever_logs(
    handler: JournalHandler, journal: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    journal.close()
    handler.emit(record("nobody hears"))
    handler.emit(record("%d", "wrong arguments"))


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    root.handlers[:], root.level = handlers, level


def test_what_is_logged_within_a_piece_of_work_has_its_ids(
    root: logging.Logger, capfd: pytest.CaptureFixture[str]
) -> None:
    set_up("INFO", service="agent")
    with about(request_id="req-1", resource="server/1"):
        logging.getLogger("elsewhere").info("first")
        with about(operation_id="op-1", request_id=None):
            logging.getLogger("elsewhere").info("second", extra={"resource": "port/1"})
    logging.getLogger("elsewhere").info("third")
    lines = [orjson.loads(line) for line in capfd.readouterr().err.splitlines()]
    ids = [{name: line.get(name) for name in ("service", "request_id", "resource", "operation_id")} for line in lines]
    assert [tuple(each.values()) for each in ids] == [
        ("agent", "req-1", "server/1", None),
        ("agent", None, "port/1", "op-1"),
        ("agent", None, None, None),
    ]


def test_journald_is_used_if_it_has_our_standard_error(
    root: logging.Logger, journal: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = os.fstat(2)
    monkeypatch.setenv("JOURNAL_STREAM", f"{facts.st_dev}:{facts.st_ino + 1}")
    set_up("INFO", tmp_path / "journal")
    assert not isinstance(root.handlers[0], JournalHandler)
    monkeypatch.setenv("JOURNAL_STREAM", f"{facts.st_dev}:{facts.st_ino}")
    set_up("INFO", tmp_path / "journal", service="api")
    logging.getLogger("x").warning("heard")
    assert received(journal)["SERVICE"] == "api"
