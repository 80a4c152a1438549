"""Figures for Prometheus: what a cloud at work shows, who may read it, and that no label grows with use."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from cupola.base.observe.metrics import CONTENT_TYPE
from cupola.testing.cloud import TestCloud
from cupola.testing.http import Browser

UNBOUNDED = 40
"""values of one label, of what these tests do"""


@pytest.fixture
def cloud(tmp_path: Path) -> TestCloud:
    return TestCloud(tmp_path)


def samples(text: str) -> list[Sample]:
    """As Prometheus' own parser reads them."""
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def figures(cloud: TestCloud) -> list[Sample]:
    answer = cloud.admin().get("/lens/v1/metrics")
    assert (answer.status, answer.headers["content-type"]) == (200, CONTENT_TYPE)
    return samples(answer.content.decode())


def one(of: list[Sample], name: str, **labels: str) -> float:
    return sum(s.value for s in of if s.name == name and labels.items() <= s.labels.items())


def boot(member: Browser, name: str = "seen") -> str:
    image = member.get("/image/v2/images?name=guest").json["images"][0]["id"]
    network = member.get("/network/v2.0/networks?name=private").json["networks"][0]["id"]
    flavor = next(f for f in member.get("/compute/v2.1/flavors").json["flavors"] if f["name"] == "m1.tiny")["id"]
    wanted = {"name": name, "imageRef": image, "flavorRef": flavor, "networks": [{"uuid": network}]}
    return str(member.post("/compute/v2.1/servers", {"server": wanted}).json["server"]["id"])


def test_a_create_is_seen_on_its_way_and_when_it_is_done(cloud: TestCloud) -> None:
    member, before = cloud.log_in("demo", "demo"), figures(cloud)
    boot(member)
    under_way = figures(cloud)
    assert one(under_way, "cupola_operations", operation="compute.create_server", state="running") == 1
    cloud.settle()
    after = figures(cloud)

    def more(name: str, **labels: str) -> float:
        return one(after, name, **labels) - one(before, name, **labels)

    created = {"service": "compute", "method": "POST", "route": "/compute/v2.1/servers", "status": "202"}
    assert more("cupola_http_request_seconds_count", **created) == 1
    assert one(after, "cupola_operations", operation="compute.create_server") == 0
    assert (one(after, "cupola_outbox"), one(after, "cupola_hosts", state="up")) == (0, 1)
    assert more("cupola_transaction_seconds_count", kind="write") >= 3
    assert more("cupola_sql_statements_total") > 20
    assert more("cupola_message_lag_seconds_count") >= 1
    assert more("cupola_agent_work_total", work="converge", result="done") >= 1
    cloud.run_for(120)
    assert one(figures(cloud), "cupola_guests", power="running") == 1


def test_what_waits_for_a_host_that_is_silent_shows_its_age(cloud: TestCloud) -> None:
    server = boot(cloud.log_in("demo", "demo"))
    cloud.settle()
    cloud.simulator.stop("host.h1")
    cloud.log_in("demo", "demo").delete(f"/compute/v2.1/servers/{server}")
    cloud.run_for(90)
    now = figures(cloud)
    assert one(now, "cupola_outbox") >= 1
    assert one(now, "cupola_outbox_oldest_seconds") > 60
    assert one(now, "cupola_hosts", state="silent") == 1
    assert one(now, "cupola_messages_resent_total") >= 1


def test_nothing_that_clients_choose_becomes_a_label(cloud: TestCloud) -> None:
    member = cloud.log_in("demo", "demo")
    for number in range(UNBOUNDED + 5):
        member.get(f"/compute/v2.1/servers/{number}")
        member.get(f"/compute/v2.1/{number}")
        member.get(f"/{number}")
        member.post("/compute/v2.1/servers/x/action", {f"act-{number}": None})
    values: dict[tuple[str, str], set[str]] = {}
    for sample in figures(cloud):
        for label, value in sample.labels.items():
            values.setdefault((sample.name, label), set()).add(value)
    many = {key: sorted(found) for key, found in values.items() if len(found) > UNBOUNDED and key[1] != "route"}
    assert not many
    assert not [route for (_, label), found in values.items() if label == "route" for route in found if "44" in route]


def test_only_administrators_read_them(cloud: TestCloud) -> None:
    assert cloud.log_in("demo", "demo").get("/lens/v1/metrics").status == 403
    assert Browser(cloud.system.app).get("/lens/v1/metrics").status == 401
    assert Browser(cloud.system.app).get("/metrics").status == 404


def test_everybody_may_ask_an_api_how_it_is(cloud: TestCloud) -> None:
    anybody = Browser(cloud.system.app)
    assert anybody.get("/healthcheck").json == {"status": "ok"}
    ready = anybody.get("/healthcheck/ready")
    assert (ready.status, ready.json) == (200, {"status": "ok", "parts": {"database": "ok", "schema": "ok"}})


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[dict[str, str]]:
    (tmp_path / "figures").mkdir()
    yield {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "figures")}


def test_processes_that_serve_together_tell_the_figures_of_all(shared: dict[str, str]) -> None:
    program = (
        "import sys; from cupola.base.observe.metrics import REQUESTS, exposition;"
        "REQUESTS.labels('compute', 'GET', '/compute/v2.1/servers', 200).observe(0.01);"
        "sys.stdout.write(exposition().decode())"
    )
    said = [subprocess.run([sys.executable, "-c", program], env=shared, capture_output=True, text=True) for _ in "123"]
    counts = [one(samples(each.stdout), "cupola_http_request_seconds_count") for each in said]
    assert counts == [1, 2, 3], said[0].stderr
