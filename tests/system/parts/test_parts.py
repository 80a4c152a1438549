"""The cloud's parts as processes: they find each other, and any of them may die at any time."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from cupola.cli.client import ApiError, wait_for
from cupola.testing.parts import PartsCloud

WITHIN = 90.0
"""Seconds until an accepted request is done, whatever died meanwhile: messages are sent again after 5, 10 and 20."""


def create(cloud: PartsCloud, name: str) -> str:
    """Ask for a server; returns its id at once."""
    demo = cloud.demo
    wanted = {
        "name": name,
        "imageRef": demo.get("image", "/v2/images?name=guest")["images"][0]["id"],
        "flavorRef": "1",
        "networks": [{"uuid": demo.get("network", "/v2.0/networks?name=private")["networks"][0]["id"]}],
    }
    return str(demo.post("compute", "/servers", {"server": wanted})["server"]["id"])


def until_active(cloud: PartsCloud, *ids: str) -> None:
    demo = cloud.demo

    def built() -> bool | None:
        shown = [demo.get("compute", f"/servers/{id_}")["server"] for id_ in ids]
        assert not [server for server in shown if server["status"] == "ERROR"], shown
        return True if all(server["status"] == "ACTIVE" for server in shown) else None

    wait_for("not all servers were there", WITHIN, built, every=0.05)


def until_gone(cloud: PartsCloud, *ids: str) -> None:
    demo = cloud.demo
    for id_ in ids:
        demo.call("DELETE", "compute", f"/servers/{id_}")

    def gone() -> bool | None:
        left = {server["id"] for server in demo.get("compute", "/servers")["servers"]}
        return None if left & set(ids) else True

    wait_for("servers did not go", WITHIN, gone)


def until_content(cloud: PartsCloud) -> None:
    """Doctor finds nothing, as soon as all hosts are heard of again."""
    cloud.until_hosts_are_up()
    last: list[Any] = []

    def healthy() -> bool | None:
        last[:] = cloud.findings()
        return None if last else True

    try:
        wait_for("doctor was not content", 60, healthy, every=0.5)
    except TimeoutError:
        raise AssertionError(last) from None


@pytest.fixture
def servers(cloud: PartsCloud) -> Iterator[list[str]]:
    """Ids of servers that a test made; they go with it."""
    made: list[str] = []
    yield made
    until_gone(cloud, *made)


def test_servers_come_and_go_by_way_of_all_parts(cloud: PartsCloud, servers: list[str]) -> None:
    servers += [create(cloud, f"s{number}") for number in range(4)]
    until_active(cloud, *servers)
    shown = [cloud.admin.get("compute", f"/servers/{id_}")["server"] for id_ in servers]
    assert {server["OS-EXT-SRV-ATTR:host"] for server in shown} == {"h1", "h2"}
    until_content(cloud)


def test_an_order_reaches_its_host_and_is_believed(cloud: PartsCloud, servers: list[str]) -> None:
    servers.append(create(cloud, "rebooted"))
    until_active(cloud, *servers)
    cloud.demo.post("compute", f"/servers/{servers[0]}/action", {"reboot": {"type": "HARD"}})
    path = f"/servers/{servers[0]}/os-instance-actions"

    def done() -> bool | None:
        action = next(a for a in cloud.admin.get("compute", path)["instanceActions"] if a["action"] == "reboot")
        shown = cloud.admin.get("compute", f"{path}/{action['request_id']}")["instanceAction"]
        assert not shown["message"], shown
        return True if cloud.demo.get("compute", f"/servers/{servers[0]}")["server"]["status"] == "ACTIVE" else None

    wait_for("the server was not rebooted", WITHIN, done)


@pytest.mark.parametrize("victims", [("conductor1", "conductor2"), ("agent-h1", "agent-h2"), ("api1",)])
def test_what_was_accepted_is_done_though_a_part_is_killed(
    cloud: PartsCloud, servers: list[str], victims: tuple[str, ...]
) -> None:
    servers += [create(cloud, f"before{number}") for number in range(2)]
    for victim in victims:
        cloud.kill(victim)
    if "api1" not in victims:
        servers += [create(cloud, f"meanwhile{number}") for number in range(2)]
    for victim in victims:
        cloud.start(victim)
    until_active(cloud, *servers)
    until_content(cloud)


def test_one_conductor_is_enough_and_one_api_too(cloud: PartsCloud, servers: list[str]) -> None:
    cloud.kill("conductor1")
    cloud.kill("api2")
    servers.append(create(cloud, "alone"))
    until_active(cloud, *servers)
    until_content(cloud)


def test_a_broker_that_was_away_is_found_again(cloud: PartsCloud, servers: list[str]) -> None:
    cloud.broker.kill()
    servers.append(create(cloud, "unheard"))
    cloud.broker.start()
    until_active(cloud, *servers)


def test_status_tells_of_each_part(cloud: PartsCloud) -> None:
    cloud.kill("api2")
    lines = cloud.cupola("status").splitlines()
    assert f"APIs at {cloud.url}: ready" in lines
    assert any(line.startswith("APIs at ") and "no answer" in line for line in lines)
    assert any(line.startswith("agent of ") and ": process " in line for line in lines)
    assert any(line.startswith("conductor on ") and line.endswith(": up") for line in lines)
    assert len([line for line in lines if line.startswith("host h") and ": up; " in line]) == 2


def internal(cloud: PartsCloud, path: str, credential: str | None, header: str = "Authorization") -> tuple[int, Any]:
    """Ask `/internal` as the holder of a credential."""
    request = urllib.request.Request(f"{cloud.url}/internal/v1/hosts/{path}")
    if credential is not None:
        request.add_header(header, f"Bearer {credential}" if header == "Authorization" else credential)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_a_credential_opens_one_host_and_nothing_else(cloud: PartsCloud) -> None:
    credential = (cloud.state_of("h1") / "agent" / "credential").read_text().strip()
    token = cloud.admin
    assert token.get("lens", "/v1/status")
    assert internal(cloud, "h1/subjects", credential)[0] == 200
    assert internal(cloud, "h2/subjects", credential)[0] == 403
    assert internal(cloud, "h1/subjects", None)[0] == 401
    assert internal(cloud, "h1/subjects", credential[:-1])[0] == 401
    assert internal(cloud, "h1/subjects", token._token)[0] == 401
    assert internal(cloud, "h1/subjects", token._token, "X-Auth-Token")[0] == 401
    token._token = credential
    with pytest.raises(ApiError) as refused:
        token.get("compute", "/servers")
    assert refused.value.status == 401


def test_a_credential_is_changed_without_an_outage_and_ends_when_it_is_revoked(cloud: PartsCloud) -> None:
    old, newer, newest = (cloud.cupola("host", "credential", "other").strip() for _ in range(3))
    statuses = [internal(cloud, "other/subjects", each)[0] for each in (old, newer, newest)]
    assert statuses == [401, 200, 200]
    assert "other: never heard of; 2 credentials" in cloud.cupola("host", "list")
    cloud.cupola("host", "revoke", "other")
    assert internal(cloud, "other/subjects", newest)[0] == 401


def refused(cloud: PartsCloud, *words: str, **variables: str) -> str:
    """What a part says that does not start."""
    command = [sys.executable, "-m", "cupola.cli.main", *words]
    environment = {**cloud.environment, **variables}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stderr


def test_a_part_that_cannot_work_says_why(cloud: PartsCloud) -> None:
    memory = {"CUPOLA_DEFAULT_TRANSPORT_URL": "memory://"}
    assert "transport_url is memory://" in refused(cloud, "conductor", **memory)
    empty = {"CUPOLA_DATABASE_CONNECTION": f"sqlite:///{cloud.scratch}/empty.db"}
    assert "run `cupola db sync`" in refused(cloud, "conductor", **empty)
    assert "runs already, as process" in refused(cloud, "agent", "--host", "h1")
    elsewhere = {"CUPOLA_STATE_DIR": str(cloud.scratch / "elsewhere")}
    assert "cupola host credential" in refused(cloud, "agent", "--host", "h3", **elsewhere)
    assert "There is no service 'boats'" in refused(cloud, "api", "--port", "1", "--service", "boats")
