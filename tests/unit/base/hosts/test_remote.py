"""An agent's way to the control plane when that is away, slow, or breaks off."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cupola.base.errors import ConfigurationError, Forbidden, Unauthenticated
from cupola.base.hosts import remote
from cupola.base.hosts.remote import ControlAway, RemoteControl
from cupola.testing.servers import free_port
from cupola.testing.servers.certificates import Certificates

Script = Callable[[bytes], bytes]
"""What a fake API sends for a request's head; then it hangs up."""


class FakeApi:
    """Answers each connection with what its script says, and counts them."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self._script, self._tls = script, tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.asked: list[bytes] = []
        self.url = "{}://127.0.0.1:{}".format("http" if tls is None else "https", self._listening.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection = self._listening.accept()[0]
                if self._tls is not None:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                with connection:
                    head = connection.recv(65536)
                    self.asked.append(head)
                    connection.sendall(self._script(head))
            except ssl.SSLError:
                continue
            except OSError:
                return

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def api() -> Iterator[Callable[..., FakeApi]]:
    made: list[FakeApi] = []

    def make(script: Script, tls: ssl.SSLContext | None = None) -> FakeApi:
        made.append(FakeApi(script, tls))
        return made[-1]

    yield make
    for each in made:
        each.close()


def answer(status: str, body: bytes, length: int | None = None) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n".encode() + body


def good(head: bytes) -> bytes:
    return answer("200 OK", b'{"subjects": ["boat/1"]}')


def control(*urls: str, **options: object) -> RemoteControl:
    return RemoteControl(urls, lambda: "id.secret", patience=0.5, pause=lambda s: None, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "trouble",
    [
        lambda head: answer("503 Service Unavailable", b"{}"),
        lambda head: answer("502 Bad Gateway", b"<html>"),
        lambda head: answer("200 OK", b'{"subjects": ["bo', 400),
        lambda head: answer("200 OK", b'{"subjects": ["bo'),
        lambda head: b"HTTP/1.1 200 OK\r\n",
        lambda head: b"what is that?\r\n\r\n",
        lambda head: b"",
        lambda head: (threading.Event().wait(1.0), b"")[1],
    ],
    ids=["503", "502", "breaks off", "half JSON", "half a head", "no HTTP", "hangs up", "slow"],
)
def test_an_api_that_is_in_trouble_is_left_for_the_next(api: Callable[..., FakeApi], trouble: Script) -> None:
    ill, well = api(trouble), api(good)
    one = control(ill.url, well.url)
    assert one.subjects("h1") == ["boat/1"]
    assert one.subjects("h1") == ["boat/1"]
    assert (len(ill.asked), len(well.asked)) == (1, 2), "the other is not asked for a while"
    with pytest.raises(ControlAway):
        control(ill.url).subjects("h1")


def test_apis_that_answer_are_asked_in_turn(api: Callable[..., FakeApi]) -> None:
    first, second = api(good), api(good)
    one = control(first.url, second.url)
    for _ in range(4):
        one.subjects("h1")
    assert (len(first.asked), len(second.asked)) == (2, 2)


def test_an_api_that_did_not_answer_has_its_turn_again_later(
    api: Callable[..., FakeApi], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "LEFT_FOR", 0.0)
    ill, well = api(lambda head: b""), api(good)
    one = control(ill.url, well.url)
    for _ in range(4):
        assert one.subjects("h1") == ["boat/1"]
    assert (len(ill.asked), len(well.asked)) == (2, 4)


def test_who_asks_an_api_that_was_left_does_so_for_all_others(
    api: Callable[..., FakeApi], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "LEFT_FOR", 1.0)
    looks: list[int] = []

    def silent(head: bytes) -> bytes:
        """Others ask while one waits for its answer, which never comes."""
        if len(ill.asked) == 2:
            looks.extend(len(ill.asked) for _ in range(4) if one.subjects("h1"))
        return b""

    ill, well = api(silent), api(good)
    one = control(ill.url, well.url)
    one.subjects("h1")
    time.sleep(1.05)
    for _ in range(2):
        one.subjects("h1")
    assert looks == [2, 2, 2, 2]
    assert (len(ill.asked), len(well.asked)) == (2, 7)


def test_a_machine_that_says_nothing_at_all_is_left_soon(
    api: Callable[..., FakeApi], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "CONNECT_WITHIN", 0.2)
    with contextlib.ExitStack() as opened, socket.create_server(("127.0.0.1", 0), backlog=0) as deaf:
        for _ in range(3):  # no more connections fit into its queue: the next one is not answered
            one = opened.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(deaf.getsockname())
        well, began = api(good), time.monotonic()
        control = RemoteControl([f"http://127.0.0.1:{deaf.getsockname()[1]}", well.url], lambda: "id.secret")
        assert control.subjects("h1") == ["boat/1"]
        assert time.monotonic() - began < remote.PATIENCE / 2


def test_when_none_answers_it_says_which_and_why() -> None:
    port = free_port()
    with pytest.raises(ControlAway, match=f"http://127.0.0.1:{port}: .*refused"):
        control(f"http://127.0.0.1:{port}").subjects("h1")


def test_a_refusal_is_final_and_in_the_words_of_the_api(api: Callable[..., FakeApi]) -> None:
    body = b'{"errors": [{"detail": "it is not yours"}]}'
    for status, family in (("401 Unauthorized", Unauthenticated), ("403 Forbidden", Forbidden)):
        refusing, other = api(lambda head, status=status: answer(status, body)), api(good)
        with pytest.raises(family, match="it is not yours"):
            control(refusing.url, other.url).subjects("h1")
        assert other.asked == []


def test_the_credential_goes_in_the_header_and_nowhere_else(api: Callable[..., FakeApi]) -> None:
    asked = api(good)
    control(f"{asked.url}/cloud").subjects("h/1")
    head = asked.asked[0].decode()
    assert head.startswith("GET /cloud/internal/v1/hosts/h%2F1/subjects HTTP/1.1\r\n")
    assert head.count("id.secret") == 1 and "Authorization: Bearer id.secret" in head


def test_an_image_goes_on_where_it_broke_off(api: Callable[..., FakeApi]) -> None:
    whole = bytes(range(256)) * 40

    def breaking(head: bytes) -> bytes:
        start = int(head.decode().partition("Range: bytes=")[2].partition("-")[0])
        return answer("200 OK", whole[start : start + 3000], len(whole) - start)

    first, second = api(breaking), api(breaking)
    assert b"".join(control(first.url, second.url).image("h1", "i")) == whole
    assert len(first.asked) + len(second.asked) == 4


def test_an_image_that_nobody_gives_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "IMAGE_PATIENCE", 0.0)
    with pytest.raises(ControlAway, match="from byte 0 on"):
        next(control(f"http://127.0.0.1:{free_port()}").image("h1", "i"))


def test_https_is_believed_by_the_certificates_of_the_file_only(api: Callable[..., FakeApi], tmp_path: Path) -> None:
    certificates = Certificates.make(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates.certificate, certificates.key)
    secure = api(good, tls)
    assert control(secure.url, ca_file=certificates.authority).subjects("h1") == ["boat/1"]
    with pytest.raises(ControlAway, match="certificate verify failed"):
        control(secure.url).subjects("h1")
    with pytest.raises(ConfigurationError, match="ca_file"):
        control(secure.url, ca_file=tmp_path / "nowhere")


@pytest.mark.parametrize("url", ["", "ftp://h", "h:80", "http://h:port"])
def test_what_is_no_url_is_refused_by_name(url: str) -> None:
    with pytest.raises(ConfigurationError, match="control_url"):
        control(*([url] if url else []))
