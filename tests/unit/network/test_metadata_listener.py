"""What answers guests on a host: with what the control plane says, and however they behave."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cupola.network.host.metadata import MOST_AT_ONCE, MetadataService


class Driver:
    """One network, which listens on the loopback interface."""

    def __init__(self, namespace: Path) -> None:
        self.namespace, self.port = namespace, 0

    @property
    def host(self) -> Any:
        return self

    def dhcp_namespace(self, network_id: str) -> Path:
        return self.namespace

    def metadata_of_network(self, network_id: str) -> socket.socket:
        listening = socket.create_server(("127.0.0.1", 0))
        self.port = listening.getsockname()[1]
        return listening


@pytest.fixture
def driver(tmp_path: Path) -> Driver:
    return Driver(tmp_path)


@pytest.fixture
def service(driver: Driver) -> Iterator[MetadataService]:
    def answer(subject: str, address: str, path: str) -> tuple[int, bytes]:
        assert path != "/broken"
        return 200, f"{subject} {address} {path}".encode()

    service = MetadataService(driver, answer)  # type: ignore[arg-type]
    service.changed("network", "n1", True)
    yield service
    service.close()


def asked(driver: Driver, question: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", driver.port), timeout=10) as connection:
        connection.sendall(question)
        return b"".join(iter(lambda: connection.recv(4096), b""))


def turned_away(driver: Driver) -> bool:
    try:
        return asked(driver, b"GET / HTTP/1.1\r\n\r\n") == b""
    except ConnectionError:
        return True


def test_who_asks_is_told_by_network_and_address(service: MetadataService, driver: Driver) -> None:
    said = asked(driver, b"GET /latest HTTP/1.1\r\nX-Forwarded-For: 10.0.0.9\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 200 OK\r\n")
    assert said.endswith(b"\r\n\r\nnetwork/n1 127.0.0.1 /latest")


@pytest.mark.parametrize(
    ("question", "status"),
    [(b"POST / HTTP/1.1\r\n\r\n", b"405"), (b"hello\r\n\r\n", b"400"), (b"GET /broken HTTP/1.1\r\n\r\n", b"500")],
)
def test_other_questions_have_their_answers(
    service: MetadataService, driver: Driver, question: bytes, status: bytes
) -> None:
    assert asked(driver, question).split()[1] == status


def test_one_network_cannot_take_all_connections(service: MetadataService, driver: Driver) -> None:
    silent = [socket.create_connection(("127.0.0.1", driver.port), timeout=10) for _ in range(MOST_AT_ONCE)]
    assert turned_away(driver)
    for connection in silent:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        connection.close()
    assert asked(driver, b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 200")
