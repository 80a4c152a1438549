"""Images of any size pass through Apache in constant memory, whichever way the client sends them."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from collections.abc import Iterator

import pytest
from tests.system.apache.conftest import ask, eventually

from cupola.testing.servers.apache import ApacheServer, memory

MEBIBYTE = 1 << 20
SIZE = int(os.environ.get("CUPOLA_TEST_STREAM", "96")) * MEBIBYTE
GROWTH = 24 * MEBIBYTE
"""what buffers and heaps may take, however long the stream"""


class Peak:
    """The most memory that a server's processes took while the block ran, beyond what they had before."""

    def __init__(self, server: ApacheServer) -> None:
        self._pids = [*server.daemons(), *server.front()]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.growth: dict[int, int] = {}

    def __enter__(self) -> Peak:
        self._before = {pid: memory(pid) for pid in self._pids}
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            for pid in self._pids:
                self.growth[pid] = max(self.growth.get(pid, 0), memory(pid) - self._before[pid])


def pieces() -> Iterator[bytes]:
    yield from (bytes([number % 256]) * MEBIBYTE for number in range(SIZE // MEBIBYTE))


@pytest.fixture(scope="module")
def digest() -> str:
    sum_ = hashlib.sha512()
    for piece in pieces():
        sum_.update(piece)
    return sum_.hexdigest()


@pytest.mark.parametrize("announced", [True, False], ids=["with its length", "in chunks"])
def test_a_large_image_comes_and_goes_in_constant_memory(
    served: ApacheServer, token: str, digest: str, announced: bool
) -> None:
    image = {"name": "large", "disk_format": "raw", "container_format": "bare"}
    path = f"{served.url}/image/v2/images"
    id_ = ask(path, "POST", image, token).json["id"]
    ask(f"{served.url}/image/v2/images", token=token)  # every heap has been used
    headers = {"Content-Type": "application/octet-stream", **({"Content-Length": str(SIZE)} if announced else {})}
    with Peak(served) as peak:
        assert ask(f"{path}/{id_}/file", "PUT", pieces(), token, headers).status == 204
        kept = ask(f"{path}/{id_}", token=token).json
        assert (kept["status"], kept["size"], kept["os_hash_value"]) == ("active", SIZE, digest)
        assert download(served, f"/image/v2/images/{id_}/file", token) == digest
    print("growth of processes in KiB:", {pid: grown >> 10 for pid, grown in peak.growth.items()})
    assert peak.growth and max(peak.growth.values()) < GROWTH, peak.growth
    assert ask(f"{path}/{id_}", "DELETE", token=token).status == 204


def download(server: ApacheServer, path: str, token: str) -> str:
    """The digest of what is answered."""
    sum_ = hashlib.sha512()
    with asking(server, path, token) as client, client.makefile("rb") as answer:
        while answer.readline().strip():
            pass
        while piece := answer.read(MEBIBYTE):
            sum_.update(piece)
    return sum_.hexdigest()


def asking(server: ApacheServer, path: str, token: str) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", server.site.port), timeout=60)
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Auth-Token: {token}\r\nConnection: close\r\n\r\n"
    client.sendall(head.encode())
    return client


def test_a_client_that_goes_before_it_has_everything_is_seen_in_the_access_log(
    served: ApacheServer, token: str
) -> None:
    """An X for the connection, and fewer bytes than the image has."""
    path = f"{served.url}/image/v2/images"
    id_ = ask(path, "POST", {"name": "left", "disk_format": "raw", "container_format": "bare"}, token).json["id"]
    ask(f"{path}/{id_}/file", "PUT", bytes(32 * MEBIBYTE), token, {"Content-Type": "application/octet-stream"})
    with asking(served, f"/image/v2/images/{id_}/file", token) as client:
        client.recv(1000)
    mark = f'"GET /image/v2/images/{id_}/file HTTP/1.1" 200 '
    line = eventually(lambda: next((at for at in served.access_log.splitlines() if mark in at), None))
    assert " us X req-" in line
    assert ask(f"{path}/{id_}", "DELETE", token=token).status == 204
