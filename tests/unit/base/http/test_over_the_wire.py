"""The toy API behind the embedded server: bodies by length and in chunks, broken ones, and many clients at once."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Iterator
from http.client import HTTPConnection
from typing import Any

import orjson
import pytest

from cupola.base.http.server import WORKERS, Server

MEMBER = {"X-Auth-Token": "member"}


@pytest.fixture
def port(toy_cloud: Any) -> Iterator[int]:
    server = Server(toy_cloud.app, "127.0.0.1", 0)
    yield server.start()
    server.stop()


@pytest.fixture
def connection(port: int) -> Iterator[HTTPConnection]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    yield connection
    connection.close()


def ask(
    connection: HTTPConnection, method: str, path: str, body: bytes | Iterable[bytes] | None = None, **headers: str
) -> tuple[int, Any]:
    given = {**MEMBER, "Content-Type": "application/json", **{name.replace("_", "-"): v for name, v in headers.items()}}
    connection.request(method, f"/toy{path}", body, given, encode_chunked=True)
    answer = connection.getresponse()
    content = answer.read()
    return answer.status, orjson.loads(content) if "json" in (answer.headers["Content-Type"] or "") else content


def raw(port: int, data: bytes, end: bool = False) -> bytes:
    """Send bytes as they are, and no more if `end`; returns all that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(data)
        if end:
            client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


def pieces(count: int, size: int) -> Iterator[bytes]:
    return (b"x" * size for _ in range(count))


def test_a_body_by_its_length(connection: HTTPConnection) -> None:
    assert ask(connection, "POST", "/v1/toys", b'{"name": "a"}') == (201, {"name": "a"})
    assert ask(connection, "PUT", "/v1/toys/t1/file", b"x" * 100_000) == (200, {"size": 100_000})


def test_a_body_in_chunks(connection: HTTPConnection) -> None:
    assert ask(connection, "POST", "/v1/toys", iter([b'{"na', b'me": ', b'"a"}'])) == (201, {"name": "a"})
    assert ask(connection, "PUT", "/v1/toys/t1/file", pieces(30, 7777)) == (200, {"size": 30 * 7777})
    assert ask(connection, "GET", "/v1/toys/t1")[0] == 200, "the connection goes on"


def test_an_answer_without_a_length_comes_in_chunks(connection: HTTPConnection) -> None:
    assert ask(connection, "GET", "/v1/toys/t1/file") == (200, b"abcd")
    assert ask(connection, "GET", "/v1/toys/t1")[0] == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_refused(connection: HTTPConnection, chunked: bool) -> None:
    body = pieces(3, 1000) if chunked else b"x" * 3000
    status, said = ask(connection, "POST", "/v1/toys", body)
    assert (status, said["error"]["code"]) == (413, 413)


def test_a_body_that_is_refused_before_it_is_read_does_no_harm_to_the_next_request(connection: HTTPConnection) -> None:
    assert ask(connection, "PUT", "/v1/toys/t1/file", b"GET / HTTP/1.1\r\n\r\n" * 50, X_Auth_Token="no")[0] == 401
    assert ask(connection, "GET", "/v1/toys/t1") == (200, {"id": "t1", "version": [1, 1]})


def test_a_body_that_nobody_reads_does_no_harm_to_the_next_request(connection: HTTPConnection) -> None:
    assert ask(connection, "GET", "/v1/toys/t1", b"x" * 5000)[0] == 200
    assert ask(connection, "GET", "/v1/toys/t1")[0] == 200


HEAD = b"HTTP/1.1\r\nHost: x\r\nX-Auth-Token: member\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
BROKEN = {
    "ends before its length": b"POST /toy/v1/toys " + HEAD + b'Content-Length: 50\r\n\r\n{"name": "a"}',
    "ends inside of a chunk": b"POST /toy/v1/toys " + CHUNKED + b'50\r\n{"name": "a"}',
    "ends between chunks": b"POST /toy/v1/toys " + CHUNKED + b'd\r\n{"name": "a"}\r\n',
    "no chunks": b"POST /toy/v1/toys " + CHUNKED + b'{"name": "a"}\r\n\r\n',
    "a chunk longer than it says": b"POST /toy/v1/toys " + CHUNKED + b'3\r\n{"name": "a"}\r\n0\r\n\r\n',
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN.keys())
def test_a_body_that_breaks_off_is_bad_input_and_ends_the_connection(toy_cloud: Any, port: int, data: bytes) -> None:
    answer = raw(port, data, end=True)
    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert [row["status"] for row in toy_cloud.noted()] == [400], "nothing was made of half a body"


def test_a_streamed_body_that_breaks_off_is_no_short_body(toy_cloud: Any, port: int) -> None:
    for data in (HEAD + b"Content-Length: 50\r\n\r\nabc", CHUNKED + b"50\r\nabc"):
        answer = raw(port, b"PUT /toy/v1/toys/t1/file " + data, end=True)
        assert b" 200 " not in answer.partition(b"\r\n")[0]


@pytest.mark.parametrize("length", [b"abc", b"-5", b"1e3", b"5, 6"])
def test_a_malformed_length_is_bad_input(port: int, length: bytes) -> None:
    data = b"POST /toy/v1/toys " + HEAD + b"Content-Length: " + length + b"\r\n\r\n"
    assert raw(port, data, end=True).startswith(b"HTTP/1.1 400")


def test_a_chunk_as_long_as_a_disk_takes_no_memory(port: int) -> None:
    """The limit of a body holds before the chunk is there."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(b"POST /toy/v1/toys " + CHUNKED + b"ffffffffff\r\n" + b"x" * 3000)
        assert client.recv(65536).startswith(b"HTTP/1.1 413")


def test_headers_without_end_are_refused(port: int) -> None:
    answer = raw(port, b"GET /toy/v1/toys HTTP/1.1\r\nX-Long: " + b"x" * 70_000)
    assert answer.partition(b"\r\n")[0].split()[1] in (b"413", b"414")


@pytest.mark.parametrize(
    "path", [b"/toy/v1/toys/%00", b"/toy/v1/toys/\xff\xfe", b"/toy/v1/toys?a=\xff", b"/toy//", b"/%"]
)
def test_no_path_is_a_server_error(port: int, path: bytes) -> None:
    answer = raw(port, b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Auth-Token: member\r\n\r\n")
    assert answer.partition(b"\r\n")[0].split()[1] in (b"200", b"400", b"404")


def test_more_clients_than_threads_that_send_nothing_block_nobody(port: int, connection: HTTPConnection) -> None:
    """The pool grows while all its threads wait for slow clients."""
    slow = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(WORKERS + 20)]
    for client in slow:
        client.sendall(b"PUT /toy/v1/toys/t1/file " + HEAD + b"Content-Length: 5\r\n\r\n")
    assert ask(connection, "GET", "/v1/toys/t1")[0] == 200
    for client in slow:
        client.sendall(b"abcde")
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
        client.close()


def test_many_requests_at_once_each_get_their_own_answer(port: int) -> None:
    failures: list[Any] = []

    def client(number: int) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        for turn in range(10):
            name = f"toy {number}-{turn}"
            answer = ask(connection, "POST", "/v1/toys", orjson.dumps({"name": name}))
            if answer != (201, {"name": name}):
                failures.append(answer)
        connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
