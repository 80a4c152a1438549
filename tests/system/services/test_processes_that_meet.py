"""Writers in processes of their own, which share nothing but the database: none takes what another one has.

Each process has the whole application over the cloud's database, and all begin at the same moment.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple

import pytest
from tests.conftest import require

from cupola.base import ledger
from cupola.base.bus.nowhere import Nowhere
from cupola.base.clock import SystemClock
from cupola.base.db.transaction import Database
from cupola.base.ids import RandomIds
from cupola.base.runtime import Component, Wakeups
from cupola.base.system import System
from cupola.testing import databases
from cupola.testing.cloud import TestCloud
from cupola.testing.http import Browser
from cupola.testing.servers.database import KINDS
from cupola.wiring.services import Parts, assemble
from cupola.wiring.settings import Settings

PROCESSES = 4
START_WITHIN = 60.0
STEPS = 25
"""of each conductor: enough to bring a new server to the point where a host has to do something"""


class Request(NamedTuple):
    method: str
    path: str
    body: Any


class _Process:
    """What one of the processes has."""

    system: System
    barrier: Any
    browser: Browser


def _begin(settings: Settings, barrier: Any, token: str | None) -> None:
    clock = SystemClock()
    database = Database(settings.database_url, clock, durable=False, before_commit=ledger.record_change)
    _Process.system, _ = assemble(settings, Parts(database, clock, RandomIds(), Nowhere(), Wakeups()))
    _Process.browser = Browser(_Process.system.app, token)
    _Process.barrier = barrier


def _ask(requests: Sequence[Request], version: str | None) -> list[tuple[int, Any]]:
    """Send requests one after the other; returns status and body of each answer."""
    browser = Browser(_Process.system.app, _Process.browser.token, version)
    _Process.barrier.wait(START_WITHIN)
    answers = [browser.call(*request) for request in requests]
    return [(answer.status, answer.json) for answer in answers]


def _conduct() -> None:
    """Be a conductor for a while."""
    components: list[Component] = [make() for make in _Process.system.conductor().values()]
    _Process.barrier.wait(START_WITHIN)
    for _ in range(STEPS):
        for component in components:
            component.step(_Process.system.cloud.clock.now())
        time.sleep(0.01)


class Crowd:
    """A cloud, an administrator of it, and the processes."""

    def __init__(self, cloud: TestCloud) -> None:
        self.cloud, self.admin = cloud, cloud.admin()
        start = multiprocessing.get_context("forkserver")
        start.set_forkserver_preload([__name__])
        options = (cloud.settings, start.Barrier(PROCESSES), self.admin.token)
        self.pool = ProcessPoolExecutor(PROCESSES, start, _begin, options)

    def ask(self, requests: Sequence[Sequence[Request]], version: str | None = None) -> list[tuple[int, Any]]:
        """Let each process send its requests, all at once; returns all the answers."""
        assert len(requests) == PROCESSES
        asked = [self.pool.submit(_ask, each, version) for each in requests]
        return [answer for each in asked for answer in each.result()]

    def conduct(self) -> None:
        """Let each process be a conductor, all at once. What they send is lost, and sent again by the cloud."""
        for each in [self.pool.submit(_conduct) for _ in range(PROCESSES)]:
            each.result()

    def catch_up(self) -> None:
        """Let the cloud have the time of the processes, and hear of its host."""
        self.cloud.clock.advance_to(SystemClock().now())
        self.cloud.run_for(1)

    def make(self, path: str, **wanted: Any) -> Any:
        answer = self.admin.post(path, wanted)
        assert answer.status in (200, 201), answer.content
        return next(iter(answer.json.values()))


@pytest.fixture(scope="module", params=("sqlite", *KINDS))
def crowd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    require(request.param)
    with databases.standing_on(request.param), databases.given_back():
        cloud = TestCloud(tmp_path_factory.mktemp("cloud"))
        cloud.clock.advance_to(SystemClock().now())  # else the processes take its tokens for old ones
        crowd = Crowd(cloud)
        with crowd.pool:
            yield crowd
        cloud.settle()
        cloud.assert_sound()


def statuses(answers: Sequence[tuple[int, Any]]) -> Counter[int]:
    return Counter(status for status, _ in answers)


def many(count: int, path: str, **body: Any) -> list[list[Request]]:
    """The same POST for each process, so many times."""
    return [[Request("POST", path, body)] * count] * PROCESSES


def test_a_quota_is_given_out_and_not_exceeded(crowd: Crowd) -> None:
    project, network = crowd.cloud.project_id("admin"), crowd.make("/network/v2.0/networks", network={"name": "n"})
    used = crowd.admin.get(f"/network/v2.0/quotas/{project}/details").json["quota"]["port"]["used"]
    crowd.admin.put(f"/network/v2.0/quotas/{project}", {"quota": {"port": used + 7}})
    answers = crowd.ask(many(4, "/network/v2.0/ports", port={"network_id": network["id"]}))
    crowd.admin.put(f"/network/v2.0/quotas/{project}", {"quota": {"port": -1}})
    assert statuses(answers) == {201: 7, 409: 9}
    shown = crowd.admin.get(f"/network/v2.0/ports?network_id={network['id']}").json["ports"]
    assert {port["id"] for port in shown} == {body["port"]["id"] for status, body in answers if status == 201}


def test_every_address_is_given_once(crowd: Crowd) -> None:
    network = crowd.make("/network/v2.0/networks", network={"name": "small"})["id"]
    wanted = {"network_id": network, "ip_version": 4, "cidr": "10.9.0.0/28", "enable_dhcp": False}
    crowd.make("/network/v2.0/subnets", subnet=wanted)
    answers = crowd.ask(many(4, "/network/v2.0/ports", port={"network_id": network}))
    assert statuses(answers) == {201: 13, 409: 3}
    given = [body["port"]["fixed_ips"][0]["ip_address"] for status, body in answers if status == 201]
    assert sorted(given) == sorted(f"10.9.0.{number}" for number in range(2, 15))


def test_an_inventory_is_given_out_and_not_exceeded(crowd: Crowd) -> None:
    provider = shelf(crowd, "full", total=5)
    claims = [[claim(f"{number}{turn}", provider) for turn in range(3)] for number in range(PROCESSES)]
    answers = crowd.ask(claims, "1.39")
    assert statuses(answers) == {204: 5, 409: 7}
    one = f"/placement/resource_providers/{provider}"
    assert crowd.admin.get(f"{one}/usages").json["usages"] == {"CUSTOM_BOX": 5}
    assert len(crowd.admin.get(f"{one}/allocations").json["allocations"]) == 5
    take_back(crowd, [each for some in claims for each in some])


def test_of_those_who_claim_for_one_consumer_one_does(crowd: Crowd) -> None:
    provider = shelf(crowd, "wide", total=50)
    one = claim("99", provider)
    answers = crowd.ask([[one]] * PROCESSES, "1.39")
    assert statuses(answers) == {204: 1, 409: PROCESSES - 1}
    assert crowd.admin.get(f"/placement/resource_providers/{provider}/usages").json["usages"] == {"CUSTOM_BOX": 1}
    take_back(crowd, [one])


def shelf(crowd: Crowd, name: str, total: int) -> str:
    """A new resource provider that has so many of one thing."""
    admin = Browser(crowd.cloud.system.app, crowd.admin.token, "1.39")
    provider = admin.post("/placement/resource_providers", {"name": name}).json["uuid"]
    admin.put("/placement/resource_classes/CUSTOM_BOX")
    offered = {"resource_provider_generation": 0, "inventories": {"CUSTOM_BOX": {"total": total}}}
    assert admin.put(f"/placement/resource_providers/{provider}/inventories", offered).status == 200
    return str(provider)


def claim(who: str, provider: str) -> Request:
    body = {
        "allocations": {provider: {"resources": {"CUSTOM_BOX": 1}}},
        "project_id": "p",
        "user_id": "u",
        "consumer_generation": None,
        "consumer_type": "BOX",
    }
    return Request("PUT", f"/placement/allocations/77777777-7777-4777-8777-7777777777{who}", body)


def take_back(crowd: Crowd, claims: Sequence[Request]) -> None:
    for each in claims:
        assert crowd.admin.delete(each.path).status in (204, 404)


def test_servers_are_made_once_by_several_conductors(crowd: Crowd) -> None:
    project = crowd.cloud.project_id("admin")
    crowd.admin.put(f"/compute/v2.1/os-quota-sets/{project}", {"quota_set": {"instances": 6}})
    network = crowd.make("/network/v2.0/networks", network={"name": "of servers"})["id"]
    crowd.make("/network/v2.0/subnets", subnet={"network_id": network, "ip_version": 4, "cidr": "10.8.0.0/24"})
    image = crowd.admin.get("/image/v2/images?name=guest").json["images"][0]["id"]
    server = {"name": "s", "imageRef": image, "flavorRef": "1", "networks": [{"uuid": network}]}
    crowd.catch_up()
    answers = crowd.ask(many(2, "/compute/v2.1/servers", server=server))
    assert statuses(answers) == {202: 6, 403: 2}
    crowd.conduct()
    shown = crowd.admin.get("/compute/v2.1/servers/detail").json["servers"]
    assert [(each["OS-EXT-SRV-ATTR:host"], each["status"]) for each in shown] == [("h1", "BUILD")] * 6
    crowd.cloud.settle()
    crowd.cloud.assert_sound()
    servers = crowd.admin.get("/compute/v2.1/servers/detail").json["servers"]
    assert [each["status"] for each in servers] == ["ACTIVE"] * 6
    addresses = [each["addr"] for server in servers for each in server["addresses"]["of servers"]]
    assert len(addresses) == len(set(addresses)) == 6
    assert len(crowd.cloud.guests()) == 6
