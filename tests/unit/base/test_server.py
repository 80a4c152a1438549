"""The embedded server in the face of clients that are slow, send too much, or do not end."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cupola.base.http.metered import Rate
from cupola.base.http.server import MOST_THROWN_AWAY, Server

seen: list[str] = []


def app(environ, start):
    """Counts the bytes of a body; refuses at once what is put to /refused."""
    if environ["PATH_INFO"] == "/refused":
        start("415 Unsupported Media Type", [("Content-Length", "2")])
        return [b"no"]
    try:
        size = sum(len(piece) for piece in iter(lambda: environ["wsgi.input"].read(1 << 16), b""))
    except TimeoutError:
        seen.append("cut off")
        raise
    start("200 OK", [("Content-Length", str(len(str(size))))])
    return [str(size).encode()]


@pytest.fixture
def port() -> Iterator[int]:
    seen.clear()
    server = Server(app, "127.0.0.1", 0, Rate(bytes_a_second=1024, window=0.3))
    yield server.start()
    server.stop()


def connected(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port))
    client.settimeout(10)
    return client


def ask(client: socket.socket, path: str, length: int) -> None:
    client.sendall(f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())


def answer(client: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data or not data.partition(b"\r\n\r\n")[2]:
        piece = client.recv(4096)
        if not piece:
            break
        data += piece
    return data


def has_ipv6() -> bool:
    addresses = Path("/proc/net/if_inet6")
    return addresses.exists() and f"{1:032x} " in addresses.read_text()


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
@pytest.mark.parametrize(("bind", "address"), [("::1", "::1"), ("::", "::1"), ("::", "127.0.0.1")])
def test_it_listens_on_addresses_of_both_versions(bind, address):
    server = Server(app, bind, 0)
    try:
        with socket.create_connection((address, server.start()), timeout=10) as client:
            ask(client, "/", 0)
            assert answer(client).endswith(b"0")
    finally:
        server.stop()


def test_a_body_is_read_whole(port):
    with connected(port) as client:
        ask(client, "/", 1 << 20)
        client.sendall(bytes(1 << 20))
        assert answer(client).endswith(b"\r\n\r\n1048576")


def test_a_client_that_sends_a_byte_now_and_then_is_cut_off(port):
    with connected(port) as client:
        ask(client, "/", 1 << 20)
        with pytest.raises(OSError):
            for _ in range(100):
                client.sendall(b"x")
                time.sleep(0.05)
    assert seen == ["cut off"]


def test_what_follows_a_refusal_is_thrown_away_and_the_connection_goes_on(port):
    with connected(port) as client:
        for _ in range(2):
            ask(client, "/refused", 1 << 20)
            client.sendall(bytes(1 << 20))
            assert b"415" in answer(client)


def test_a_refused_body_as_long_as_a_disk_ends_the_connection_and_takes_no_memory(port):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with connected(port) as client:
        ask(client, "/refused", 1 << 40)
        said = answer(client)
    assert b"Connection: close" in said
    assert b"415" in said
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_THROWN_AWAY // 1024


def test_a_refused_body_in_chunks_is_not_taken_for_the_next_request(port):
    with connected(port) as client:
        client.sendall(b"PUT /refused HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.sendall(b"2a\r\nGET /refused HTTP/1.1\r\nHost: smuggled\r\n\r\n\r\n0\r\n\r\n")
        said = answer(client)
    assert b"Connection: close" in said
    assert said.count(b"HTTP/1.1 ") == 1
