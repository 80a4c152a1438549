"""Bytes over a real socket: a large image takes little memory, and a refusal reaches whoever sends one."""

from __future__ import annotations

import http.client
import multiprocessing
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cupola.base.http.server import Server

SIZE = 256 << 20
ALLOWED = 32 << 20


def serve(cloud: Any, pipe: Any) -> None:
    """In a process of its own: serve until told to stop."""
    server = Server(cloud.system.app, "127.0.0.1", 0)
    pipe.send(server.start())
    pipe.recv()
    server.stop()


class Served:
    """A server's process, seen from outside."""

    def __init__(self, port: int, pid: int) -> None:
        self.port = port
        self._status = Path(f"/proc/{pid}/status")
        self._forget = Path(f"/proc/{pid}/clear_refs")

    def memory(self, peak: bool = False) -> int:
        """Resident bytes now, or the most there were since `forget_peak`."""
        name = "VmHWM:" if peak else "VmRSS:"
        [line] = [line for line in self._status.read_text().splitlines() if line.startswith(name)]
        return int(line.split()[1]) * 1024

    def forget_peak(self) -> None:
        self._forget.write_text("5")

    def send(self, image_id: str, size: int) -> tuple[int, bytes]:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        piece = bytes(1 << 20)
        body = (piece for _ in range(size >> 20))
        headers = {
            "X-Auth-Token": "ann",
            "Content-Type": "application/octet-stream",
            "Content-Length": str(size),
            "Accept": "application/json",
        }
        client.request("PUT", f"/image/v2/images/{image_id}/file", body, headers)
        answer = client.getresponse()
        return answer.status, answer.read()

    def fetch(self, image_id: str) -> int:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        client.request("GET", f"/image/v2/images/{image_id}/file", headers={"X-Auth-Token": "ann"})
        answer = client.getresponse()
        return sum(len(piece) for piece in iter(lambda: answer.read(1 << 20), b""))


@pytest.fixture
def served(cloud: Any) -> Iterator[Served]:
    ours, theirs = multiprocessing.Pipe()
    cloud.database.close()  # connections are not for two processes; each opens its own
    process = multiprocessing.get_context("fork").Process(target=serve, args=(cloud, theirs))
    process.start()
    assert process.pid
    yield Served(ours.recv(), process.pid)
    ours.send("stop")
    process.join(20)


@pytest.fixture
def largest_image() -> int:
    return SIZE


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="needs the kernel's memory figures")
def test_a_large_image_takes_little_memory_both_ways(cloud: Any, served: Served) -> None:
    image, warm = cloud.make(), cloud.make()
    assert served.send(warm["id"], 1 << 20)[0] == 204
    before = served.memory()
    served.forget_peak()
    assert served.send(image["id"], SIZE)[0] == 204
    assert served.fetch(image["id"]) == SIZE
    assert served.memory(peak=True) - before < ALLOWED


def test_a_refusal_reaches_a_client_that_goes_on_sending(cloud: Any, served: Served) -> None:
    image = cloud.make(disk_format="qcow2")
    status, body = served.send(image["id"], 64 << 20)
    assert (status, b"the file is raw, not qcow2" in body) == (415, True)
    assert cloud.files() == []
