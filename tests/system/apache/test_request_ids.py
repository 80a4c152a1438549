"""One id for a request: in the answer, in Apache's access and error log, in the application's log and the ledger."""

from __future__ import annotations

import json
import socket

from tests.system.apache.conftest import ask, eventually

from cupola.base.ids import is_request_id
from cupola.testing.servers.apache import ApacheServer

FORGED = "req-00000000-0000-0000-0000-000000000000"


def access_line(server: ApacheServer, id_: str) -> str:
    """The one line of the access log with an id, as soon as it is there."""
    lines = eventually(lambda: [line for line in server.access_log.splitlines() if id_ in line])
    assert len(lines) == 1
    return lines[0]


def test_the_answer_and_all_logs_name_the_same_id(served: ApacheServer, token: str) -> None:
    answer = ask(f"{served.url}/compute/v2.1/servers", token=token)
    assert is_request_id(answer.id) and answer.headers["x-compute-request-id"] == answer.id
    assert "GET /compute/v2.1/servers HTTP/1.1" in access_line(served, answer.id)
    said = eventually(lambda: [line for line in served.error_log.splitlines() if f"[{answer.id}]" in line])[-1]
    entry = json.loads(said[said.index("{") :])
    assert (entry["request_id"], entry["message"]) == (answer.id, "GET /compute/v2.1/servers 200")


def test_each_request_has_another(served: ApacheServer) -> None:
    ids = {ask(f"{served.url}/identity/v3").id for _ in range(20)}
    assert len(ids) == 20


def test_the_ledger_finds_what_was_done_under_it(served: ApacheServer, token: str) -> None:
    made = ask(f"{served.url}/identity/v3/projects", "POST", {"project": {"name": "traced"}}, token)
    assert made.status == 201
    (tree,) = ask(f"{served.url}/lens/v1/traces/{made.id}", token=token).json["traces"]
    assert made.id in json.dumps(tree)


def test_no_client_can_choose_it(served: ApacheServer) -> None:
    names = ("CUPOLA_REQUEST_ID", "Cupola-Request-Id", "X-Cupola-Request-Id", "X-OpenStack-Request-ID", "UNIQUE_ID")
    answer = ask(f"{served.url}/identity/v3", headers=dict.fromkeys(names, FORGED))
    assert is_request_id(answer.id) and answer.id != FORGED
    access_line(served, answer.id)


def test_a_client_that_breaks_off_its_request_is_known_by_it_too(served: ApacheServer) -> None:
    """Nobody sees the answer: the access log has a 500, the error log that the request did not arrive."""
    with socket.create_connection(("127.0.0.1", served.site.port)) as client:
        client.sendall(b"POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: gone\r\nContent-Length: 50\r\n\r\n{")
    reason = "Request data read error when proxying data to daemon process"
    line = eventually(lambda: next((at for at in served.error_log.splitlines() if reason in at), None))
    id_ = next(word for word in line.replace("[", " ").replace("]", " ").split() if is_request_id(word))
    assert '"POST /identity/v3/auth/tokens HTTP/1.1" 500 ' in access_line(served, id_)
