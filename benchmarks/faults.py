"""What a steady load sees while what it stands on dies: broker, database, and each process of the cloud.

    python -m benchmarks.faults [--rate 5] [--database postgresql] [--only NAME]

For each fault servers are asked for at the rate, before, during and after it. Then: is every accepted server ACTIVE (or
in ERROR with a reason), is none stuck, lost or there twice, in the database or on a host, and does doctor find nothing?
Exits with 1 when anything of that does not hold. Hosts are simulated; everything else is as in production.
"""

from __future__ import annotations

import argparse
import collections
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.load import Load, all_servers, servers_on, settled
from cupola.cli.client import ApiError, Client, wait_for
from cupola.testing.parts import PartsCloud, parts_cloud

HOSTS = ("h1", "h2", "h3")
AROUND = 10.0
"""Seconds of load before a fault, and after the service's return."""
WITHIN = 60.0
"""Seconds after the service's return in which all that was accepted is to be done."""
AWAY = 60.0
RESTART = 1.0
"""Seconds until a supervisor starts a process that died."""


@dataclass(frozen=True)
class Fault:
    """Something that dies; `strike` returns when it is back."""

    name: str
    strike: Callable[[PartsCloud], None]


def broker_away(cloud: PartsCloud) -> None:
    cloud.broker.kill()
    time.sleep(AWAY)
    cloud.broker.start()


def broker_wiped(cloud: PartsCloud) -> None:
    cloud.broker.kill()
    cloud.broker.wipe()
    cloud.broker.start()


def database_restarted(cloud: PartsCloud) -> None:
    assert cloud.database is not None
    cloud.database.restart()


def database_crashed(cloud: PartsCloud) -> None:
    assert cloud.database is not None
    cloud.database.kill()
    cloud.database.start()


def each_process(cloud: PartsCloud) -> None:
    for name in cloud.names:
        cloud.kill(name)
        time.sleep(RESTART)
        cloud.start(name)
        time.sleep(3)


FAULTS = (
    Fault("nothing", lambda cloud: time.sleep(AROUND)),
    Fault("RabbitMQ killed for 60 s", broker_away),
    Fault("RabbitMQ's data directory wiped", broker_wiped),
    Fault("database restarted", database_restarted),
    Fault("database killed", database_crashed),
    Fault("each Cupola process killed in turn", each_process),
)


def prepare(cloud: PartsCloud) -> dict[str, Any]:
    """Quota and a network that are large enough; returns what a server is asked for with."""
    demo, admin = cloud.demo, cloud.admin
    demo.get("compute", "/flavors")
    project = demo.project_id
    limits = {"instances": -1, "cores": -1, "ram": -1}
    admin.call("PUT", "compute", f"/os-quota-sets/{project}", {"quota_set": limits})
    admin.call("PUT", "network", f"/v2.0/quotas/{project}", {"quota": {"port": -1}})
    network = demo.post("network", "/v2.0/networks", {"network": {"name": "load"}})["network"]["id"]
    subnet = {"network_id": network, "ip_version": 4, "cidr": "10.128.0.0/16"}
    demo.post("network", "/v2.0/subnets", {"subnet": subnet})
    return {
        "imageRef": demo.get("image", "/v2/images?name=guest")["images"][0]["id"],
        "flavorRef": next(f["id"] for f in demo.get("compute", "/flavors")["flavors"] if f["name"] == "m1.tiny"),
        "networks": [{"uuid": network}],
    }


def on_hosts(cloud: PartsCloud) -> collections.Counter[str]:
    """How many hosts have a server, by its id: what really runs, not what is recorded."""
    found: collections.Counter[str] = collections.Counter()
    for host in cloud.hosts:
        found.update(servers_on(cloud.state_of(host)))
    return found


def examine(cloud: PartsCloud, load: Load, servers: Sequence[dict[str, Any]]) -> list[str]:
    """What does not hold, a line each."""
    by_id = {server["id"]: server for server in servers}
    names = collections.Counter(server["name"] for server in servers)
    real = on_hosts(cloud)
    lost = [a.name for a in load.accepted if a.server_id not in by_id]
    stuck = [s["id"] for s in servers if s["status"] not in ("ACTIVE", "ERROR") or s["OS-EXT-STS:task_state"]]
    mute = [s["id"] for s in servers if s["status"] == "ERROR" and not s.get("fault", {}).get("message")]
    active = {s["id"] for s in servers if s["status"] == "ACTIVE"}
    doubled = [name for name, number in names.items() if number > 1] + [i for i, n in real.items() if n > 1]
    wrong = [f"lost: {lost}"] if lost else []
    wrong += [f"stuck: {stuck}"] if stuck else []
    wrong += [f"in ERROR without a reason: {mute}"] if mute else []
    wrong += [f"there twice: {doubled}"] if doubled else []
    wrong += [f"ACTIVE and on no host: {sorted(active - set(real))}"] if active - set(real) else []
    wrong += [f"on a host and not recorded: {sorted(set(real) - set(by_id))}"] if set(real) - set(by_id) else []
    if len(active) < 0.99 * len(servers):
        reasons = collections.Counter(s["fault"]["message"] for s in servers if s["status"] == "ERROR")
        wrong.append(f"only {len(active)} of {len(servers)} are ACTIVE: {reasons.most_common(3)}")
    return wrong


def clear(client: Client) -> None:
    """Delete all servers, and wait until they are gone."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda server: client.call("DELETE", "compute", f"/servers/{server['id']}"), all_servers(client)))
    wait_for("the servers did not go", 240, lambda: None if all_servers(client) else True, every=1)


def until_content(cloud: PartsCloud) -> list[dict[str, Any]]:
    """Doctor's findings, when hosts that died had a moment to say hello."""
    cloud.until_hosts_are_up()
    end = time.monotonic() + 30
    while (found := cloud.findings()) and time.monotonic() < end:
        time.sleep(1)
    return found


def measure(cloud: PartsCloud, wanted: dict[str, Any], fault: Fault, rate: float) -> list[str]:
    """Strike under load; prints a line of the table, and returns what does not hold."""
    local = threading.local()

    def client() -> Client:
        if not hasattr(local, "client"):
            local.client = cloud.demo
        return local.client  # type: ignore[no-any-return]

    load = Load(client, wanted, rate)
    load.start()
    time.sleep(AROUND)
    fault.strike(cloud)
    back = time.monotonic()
    time.sleep(AROUND)
    load.stop()
    _, servers = settled(cloud.demo, max(1.0, back + WITHIN - time.monotonic()))
    after = time.monotonic() - back
    wrong = examine(cloud, load, servers)
    wrong += [f"doctor: {finding['check']}: {finding['what']}" for finding in until_content(cloud)]
    wrong += missing(cloud)
    states = collections.Counter(server["status"] for server in servers)
    print(
        f"| {fault.name} | {len(load.attempts)} | {len(load.accepted)} | {states['ACTIVE']} | {states['ERROR']} "
        f"| {load.longest_window():.1f} s | {after:.0f} s | {'; '.join(wrong) or 'holds'} |",
        flush=True,
    )
    for error, number in load.errors().most_common(4):
        print(f"    refused {number}: {error}", file=sys.stderr, flush=True)
    try:
        clear(cloud.demo)
    except (TimeoutError, ApiError) as error:
        wrong.append(f"deleting them: {error}")
    return wrong


def missing(cloud: PartsCloud) -> list[str]:
    """Processes that ended by themselves."""
    return [f"{name} ended by itself" for name in cloud.names if not cloud.runs(name)]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rate", type=float, default=5.0, help="creates a second")
    options.add_argument("--database", default="postgresql", choices=("postgresql", "mariadb"))
    options.add_argument("--only", help="part of a fault's name")
    options.add_argument(
        "--logs", type=Path, help="directory to keep the processes' logs in, when something does not hold"
    )
    given = options.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {given.database}, RabbitMQ")
    print("| fault | asked | accepted | ACTIVE | ERROR | longest window of refusals | all done after | |")
    print("|---|---|---|---|---|---|---|---|")
    wrong: list[str] = []
    with parts_cloud(given.database, hosts=HOSTS, apis=2, conductors=2) as cloud:
        wanted = prepare(cloud)
        for fault in FAULTS:
            if not given.only or given.only in fault.name:
                wrong += measure(cloud, wanted, fault, given.rate)
        if wrong and given.logs:
            shutil.copytree(cloud.logs, given.logs, dirs_exist_ok=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
