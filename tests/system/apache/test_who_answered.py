"""Which answers are Apache's and which are ours, and what its error log says of each (docs/apache.md)."""

from __future__ import annotations

import json
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.system.apache.conftest import Answer, Cloud, ask, eventually

from cupola.base.ids import is_request_id
from cupola.testing.servers import free_port
from cupola.testing.servers.apache import MODULES, ApacheServer, apache_server, private_site, put_in_place

TROUBLED = """
import os, time
from cupola.wsgi import application as ours

def application(environ, start_response):
    match environ["PATH_INFO"]:
        case "/slow":
            print("sleeps", file=environ["wsgi.errors"], flush=True)
            time.sleep(6)
        case "/dies":
            os.kill(os.getpid(), 9)
        case "/fails":
            raise RuntimeError("a fault of ours outside of all services")
    return ours(environ, start_response)
"""


@pytest.fixture(scope="module")
def troubled(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheServer]:
    """One process with one thread, small limits and little patience."""
    impatient = {"answer_within": 4, "queue_within": 1, "header_within": 2, "body_within": 2, "largest_body": 5000}
    with apache_server(
        tmp_path_factory.mktemp("troubled"),
        script=TROUBLED,
        config=cloud.config,
        state_dir=cloud.state_dir,
        processes=1,
        threads=1,
        ports={},
        **impatient,
    ) as server:
        eventually(lambda: ask(f"{server.url}/identity/v3").status == 200)
        yield server


def assert_apaches(answer: Answer, server: ApacheServer, status: int, *reasons: str) -> None:
    """A page of Apache's, under an id with which its error log gives a reason."""
    assert answer.status == status
    assert answer.headers["content-type"].startswith("text/html")
    assert is_request_id(answer.id)
    eventually(lambda: f" {status} " in next((at for at in server.access_log.splitlines() if answer.id in at), ""))
    said = eventually(lambda: [line for line in server.error_log.splitlines() if answer.id in line])
    assert any(reason in line for line in said for reason in reasons), said


def raw(server: ApacheServer, *sent: bytes) -> bytes:
    """All that is answered to some bytes."""
    with socket.create_connection(("127.0.0.1", server.site.port), timeout=20) as client:
        for piece in sent:
            client.sendall(piece)
        return b"".join(iter(lambda: client.recv(65536), b""))


# ours -----------------------------------------------------------------------------------------------------------------


def test_an_error_of_ours_has_a_body_in_json_and_its_line_in_the_log(troubled: ApacheServer) -> None:
    answer = ask(f"{troubled.url}/compute/v2.1/servers")
    assert (answer.status, answer.json["error"]["code"]) == (401, 401)
    line = eventually(lambda: next((at for at in troubled.error_log.splitlines() if answer.id in at), None))
    assert json.loads(line[line.index("{") :])["message"] == "GET /compute/v2.1/servers 401"


def test_a_503_of_ours_says_so_in_json(cloud: Cloud, tmp_path: Path) -> None:
    """Settings that are wrong: every process answers, and tries again when they are mended."""
    config = tmp_path / "cupola.toml"
    config.write_text("[DEFAULT]\nprot = 5\n")
    with apache_server(tmp_path, config=config, state_dir=cloud.state_dir, processes=1, ports={}) as server:
        answer = ask(f"{server.url}/identity/v3")
        assert (answer.status, answer.json["error"]["code"]) == (503, 503)
        assert answer.headers["retry-after"] == "5"
        line = eventually(lambda: next((at for at in server.error_log.splitlines() if answer.id in at), None))
        assert "the APIs cannot be served: [DEFAULT] has no setting 'prot'; did you mean 'port'?" in line
        processes = server.daemons()
        config.write_text(cloud.config.read_text())
        eventually(lambda: ask(f"{server.url}/identity/v3").status == 200)
        assert server.daemons() == processes


# Apache's -------------------------------------------------------------------------------------------------------------


def test_500_the_application_failed_outside_of_all_services(troubled: ApacheServer) -> None:
    answer = ask(f"{troubled.url}/fails")
    assert_apaches(answer, troubled, 500, "RuntimeError: a fault of ours outside of all services")


def test_500_the_daemon_process_died_under_the_request(troubled: ApacheServer) -> None:
    answer = ask(f"{troubled.url}/dies")
    assert_apaches(answer, troubled, 500, "Truncated or oversized response headers received from daemon process")
    eventually(lambda: ask(f"{troubled.url}/identity/v3").status == 200)  # there is another process


def test_500_the_script_cannot_be_loaded(tmp_path: Path) -> None:
    with apache_server(tmp_path, script="import nothing_of_that_name", processes=1, ports={}) as server:
        answer = ask(f"{server.url}/identity/v3")
        assert_apaches(answer, server, 500, "No module named 'nothing_of_that_name'")


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can make a directory that Apache cannot enter")
def test_403_apaches_own_user_cannot_reach_the_script() -> None:
    with tempfile.TemporaryDirectory(prefix="cupola-apache-") as directory:
        closed = Path(directory, "closed")
        closed.mkdir(mode=0o700)
        server = ApacheServer(Path(directory), private_site(Path(directory), script=closed / "cupola.wsgi", ports={}))
        server.kept_from_nothing = False
        put_in_place(server)
        server.start()
        try:
            answer = ask(f"{server.url}/identity/v3")
            assert answer.status == 403 and answer.headers["content-type"].startswith("text/html")
            eventually(lambda: "search permissions are missing on a component of the path" in server.error_log)
        finally:
            server.stop()


def test_503_no_daemon_process_takes_the_request(tmp_path: Path) -> None:
    """Apache's own processes live on; those of the application are gone, and so is their socket."""
    with apache_server(
        tmp_path, script="def application(environ, start): pass", connect_within=1, processes=1, ports={}
    ) as server:
        (listener,) = eventually(lambda: list(tmp_path.glob("*.sock")))  # Apache listens before it makes that
        listener.unlink()
        assert_apaches(ask(f"{server.url}/"), server, 503, "Unable to connect to WSGI daemon process")


def test_504_the_answer_did_not_begin_in_time(troubled: ApacheServer) -> None:
    answer = ask(f"{troubled.url}/slow")
    assert_apaches(answer, troubled, 504, "Timeout when reading response headers from daemon process")


def test_504_no_thread_was_free_in_time(troubled: ApacheServer) -> None:
    eventually(lambda: ask(f"{troubled.url}/identity/v3").status == 200)  # the thread is free
    before = troubled.error_log.count("sleeps")
    slow = threading.Thread(target=ask, args=(f"{troubled.url}/slow",))
    slow.start()
    eventually(lambda: troubled.error_log.count("sleeps") > before)
    time.sleep(3)  # so that the thread is free after `queue_within`, but before `answer_within`
    answer = ask(f"{troubled.url}/identity/v3")
    slow.join()
    assert_apaches(answer, troubled, 504, "Queue timeout")


def test_408_a_head_that_does_not_end(troubled: ApacheServer) -> None:
    """It is no request yet, and has no id."""
    answer = raw(troubled, b"GET /identity/v3 HTTP/1.1\r\nHost: slow\r\n")
    assert answer.startswith(b"HTTP/1.1 408 ") and b"x-openstack-request-id" not in answer
    eventually(lambda: '" 408 ' in troubled.access_log)


def test_408_a_body_that_is_too_slow(troubled: ApacheServer) -> None:
    head = b"POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: slow\r\nContent-Length: 100\r\n\r\n"
    answer = raw(troubled, head, b"{")
    assert answer.startswith(b"HTTP/1.1 408 ")
    line = eventually(
        lambda: next((at for at in troubled.access_log.splitlines() if "/auth/tokens" in at and '" 408 ' in at), None)
    )
    id_ = next(word for word in line.split() if is_request_id(word))
    assert id_.encode() in answer
    said = next(at for at in troubled.error_log.splitlines() if f"[{id_}] mod_wsgi" in at)
    assert "Request data read error" in said and "The timeout specified has expired" in said


def test_413_a_body_that_is_longer_than_apache_lets_through(troubled: ApacheServer) -> None:
    answer = ask(f"{troubled.url}/identity/v3/auth/tokens", "POST", bytes(6000))
    assert_apaches(answer, troubled, 413, "larger than the configured limit of 5000")


def test_413_of_ours_is_json(served: ApacheServer) -> None:
    answer = ask(f"{served.url}/identity/v3/auth/tokens", "POST", bytes(200_000))
    assert (answer.status, answer.json["error"]["code"]) == (413, 413)


def test_414_and_400_a_line_or_header_that_is_too_long(troubled: ApacheServer) -> None:
    """They are no requests to Apache, and have no id; nor has what is no HTTP."""
    long = b"a" * 17000
    close = b"Host: x\r\nConnection: close\r\n"
    assert raw(troubled, b"GET /" + long + b" HTTP/1.1\r\n" + close + b"\r\n").startswith(b"HTTP/1.1 414 ")
    assert raw(troubled, b"GET / HTTP/1.1\r\n" + close + b"X-Long: " + long + b"\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert raw(troubled, b"hello\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    eventually(lambda: '" 414 ' in troubled.access_log)
    assert "exceeds LimitRequestLine" in troubled.error_log + troubled.server_log


def test_a_query_of_as_many_ids_as_may_be_named_is_let_through(served: ApacheServer, token: str) -> None:
    ids = "&".join(f"id={number:036d}" for number in range(256))
    assert ask(f"{served.url}/network/v2.0/ports?{ids}", token=token).status == 200


# a balancer's ---------------------------------------------------------------------------------------------------------


def test_502_and_503_are_of_a_balancer_in_front(served: ApacheServer, tmp_path: Path) -> None:
    """mod_wsgi makes no 502: who sees one has another proxy before this one, whose logs tell."""
    dead, breaking = free_port(), socket.create_server(("127.0.0.1", 0))
    proxy = [f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in ("proxy", "proxy_http")]
    routes = {"/breaks": breaking.getsockname()[1], "/dead": dead, "/identity": served.site.port}
    port = free_port()
    lines = [f"ProxyPass {path} http://127.0.0.1:{to}{path}" for path, to in routes.items()]
    more = "\n".join([*proxy, f"Listen 127.0.0.1:{port}", f"<VirtualHost 127.0.0.1:{port}>", *lines, "</VirtualHost>"])

    def hang_up() -> None:
        connection, _ = breaking.accept()
        connection.recv(4096)
        connection.close()

    with apache_server(tmp_path, more=more, processes=1, ports={}):
        threading.Thread(target=hang_up, daemon=True).start()
        broken = ask(f"http://127.0.0.1:{port}/breaks")
        assert broken.status == 502 and "x-openstack-request-id" not in broken.headers
        refused = ask(f"http://127.0.0.1:{port}/dead")
        assert refused.status == 503 and "x-openstack-request-id" not in refused.headers
        through = ask(f"http://127.0.0.1:{port}/identity/v3")
        assert through.status == 200
        eventually(lambda: through.id in served.access_log)
    breaking.close()
