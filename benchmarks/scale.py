"""What a large cloud costs: many simulated hosts and servers, on PostgreSQL and RabbitMQ, all on this machine.

    python -m benchmarks.scale [--hosts 1000] [--servers 10000] [--minutes 35] [--json FILE]

Projects of 100 servers, each with its own network and security group. Nine tenths of the servers are asked for with
max_count 10, the rest one by one. Everything but the hypervisor and the hosts' network is as in production; the hosts
are real agents, many to a process (`many_hosts.py`), with their state in memory where the machine has /dev/shm. One API
serves neither agents nor creates: on it lists and shows are measured.

The run ends after `--minutes`, whatever has been reached, and says how far it came.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine, create_engine, text

from benchmarks.cloud import pss
from benchmarks.load import servers_on
from cupola.base.bus.nowhere import Nowhere
from cupola.base.hosts.credentials import issue
from cupola.cli import clouds
from cupola.cli.client import ApiError, Client, Credentials, NotRunning
from cupola.cli.state import write_secret
from cupola.testing.parts import PASSWORD, PartsCloud, parts_cloud
from cupola.wiring.plane import open_plane
from cupola.wiring.settings import load_settings

PER_PROJECT = 100
AT_ONCE = 10
"""Servers of one request, where several are asked for at once."""
SINGLE_EVERY = 10
"""Of so many servers one is asked for alone."""
CLIENTS = 6
HOSTS_A_PROCESS = 250
IDLE = 20.0
"""Seconds in which what the cloud does by itself is measured."""
READS = 40
READ_FOR = 150.0
"""Seconds that are kept for what is measured when the servers are there."""
TICK = os.sysconf("SC_CLK_TCK")


class ScaleCloud(PartsCloud):
    """A cloud whose hosts are in few processes. The last API is nobody's but the benchmark's."""

    def __init__(self, *given: Any, states: Path, **options: Any) -> None:
        self.states = states
        super().__init__(*given, **options)
        self.crowds = {
            f"hosts{number + 1}": self.hosts[first : first + HOSTS_A_PROCESS]
            for number, first in enumerate(range(0, len(self.hosts), HOSTS_A_PROCESS))
        }
        parts = [name for name in self.names if not name.startswith("agent-")]
        self.names = (*parts, *self.crowds)

    @property
    def reader(self) -> str:
        return list(self.ports)[-1]

    def state_of(self, host: str) -> Path:
        return self.states / host

    def _settings(self, more: str) -> str:
        ours = ",".join(f"http://127.0.0.1:{port}" for port in list(self.ports.values())[:-1])
        return re.sub(r'control_url = ".*"', f'control_url = "{ours}"', super()._settings(more))

    def prepare(self) -> None:
        settings = load_settings(self.config, self.state, {"host": "controller"})
        open_plane(settings, "test", apart=False, bus=Nowhere()).close()
        self.cupola("bootstrap")
        with contextlib.closing(open_plane(settings, "test", apart=False, bus=Nowhere())) as plane:
            for host in self.hosts:
                (self.state_of(host) / "agent").mkdir(mode=0o700, exist_ok=True)
                write_secret(self.state_of(host) / "agent" / "credential", issue(plane.ctx, host) + "\n")
        clouds.merge(self.state / "clouds.yaml", clouds.entries(f"{self.url}/identity", PASSWORD, PASSWORD))

    def _spawn(self, name: str, more: dict[str, str]) -> subprocess.Popen[bytes]:
        if name not in self.crowds:
            return super()._spawn(name, more)
        words = ["--config", str(self.config), "--states", str(self.states), *self.crowds[name]]
        with (self.logs / name).open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "benchmarks.many_hosts", *words],
                env={**self.environment, **more},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def until_hosts_are_up(self, within: float = 300.0) -> None:
        super().until_hosts_are_up(within)


# what is read off ---------------------------------------------------------------------------------------------------


def cpu(pid: int) -> float:
    """Seconds of user and system time of a process, with those children that ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(fields[place]) for place in (11, 12, 13, 14)) / TICK


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@dataclass(frozen=True)
class Reading:
    """Counters of one moment."""

    at: float
    cpu: dict[str, float]
    commits: int
    rolled_back: int
    messages: int
    """Those that the broker has received."""
    wal_bytes: int

    def since(self, before: Reading) -> Reading:
        spent = {name: seconds - before.cpu.get(name, 0.0) for name, seconds in self.cpu.items()}
        return Reading(
            self.at - before.at,
            spent,
            self.commits - before.commits,
            self.rolled_back - before.rolled_back,
            self.messages - before.messages,
            self.wal_bytes - before.wal_bytes,
        )

    def __str__(self) -> str:
        kinds = {name: f"{seconds / self.at:.2f}" for name, seconds in self.cpu.items()}
        return (
            f"{self.commits / self.at:.0f} commits/s, {self.messages / self.at:.0f} messages/s, "
            f"{self.wal_bytes / self.at / 1024:.0f} KiB/s of WAL, processors: {kinds}"
        )


class Meters:
    """Reads counters of the processes, PostgreSQL and RabbitMQ."""

    def __init__(self, cloud: ScaleCloud) -> None:
        assert cloud.database is not None
        self._cloud = cloud
        self.engine: Engine = create_engine(cloud.database.database_url("cloud"), isolation_level="AUTOCOMMIT")

    def one(self, query: str) -> Any:
        with self.engine.connect() as connection:
            return connection.execute(text(query)).scalar()

    def rows(self, query: str) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(text(query)))

    def read(self) -> Reading:
        counters = self.rows("SELECT xact_commit, xact_rollback FROM pg_stat_database WHERE datname = 'cloud'")[0]
        told = self._cloud.broker.ctl("eval", "rabbit_global_counters:overview().")
        received = [int(number) for number in re.findall(r"messages_received_total\s*=>\s*(\d+)", told)]
        return Reading(
            time.monotonic(),
            self._cpu(),
            int(counters[0]),
            int(counters[1]),
            max(received, default=0),
            int(self.one("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")),
        )

    def pids(self) -> dict[str, list[int]]:
        """The processes of the cloud and of what it stands on, by name."""
        database = self._cloud.database
        assert database is not None
        ours = {name: [process.pid] for name, process in self._cloud.processes.items()}
        return ours | {
            "PostgreSQL": [database.pid, *children(database.pid)],
            "RabbitMQ": [self._cloud.broker.pid],
        }

    def _cpu(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for name, pids in self.pids().items():
            kind = re.sub(r"\d+$", "", name) if name != self._cloud.reader else "reader"
            for pid in pids:
                with contextlib.suppress(OSError):  # it ended meanwhile
                    found[kind] = found.get(kind, 0.0) + cpu(pid)
        return found

    def memory(self) -> dict[str, dict[str, float]]:
        """MiB of each process: resident, and with shared pages divided among those that share them."""
        found = {}
        for name, pids in self.pids().items():
            resident = [_status(pid, "VmRSS") for pid in pids]
            found[name] = {
                "processes": len(pids),
                "rss": sum(resident) / 1024,
                "pss": sum(_pss(pid) for pid in pids),
                "threads": sum(_status(pid, "Threads") for pid in pids),
            }
        return found


def _pss(pid: int) -> float:
    try:
        return pss(pid)
    except OSError:  # one of PostgreSQL's that has ended
        return 0.0


def _status(pid: int, name: str) -> int:
    try:
        found = re.search(rf"^{name}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0


def quantiles(values: Sequence[float]) -> str:
    """`p50 / p99` in milliseconds."""
    ordered = sorted(values)
    if not ordered:
        return "-"
    return (
        " / ".join(f"{ordered[min(len(ordered) - 1, int(len(ordered) * q))] * 1000:.0f}" for q in (0.5, 0.99)) + " ms"
    )


# the load -----------------------------------------------------------------------------------------------------------


@dataclass
class Project:
    """A tenant: who may ask, and what a server of it is asked for with."""

    client: Client
    wanted: dict[str, Any]


@dataclass
class Creates:
    """What became of the requests."""

    accepted: int = 0
    began: float = 0.0
    batches: list[float] = field(default_factory=list)
    singles: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, project: Project, name: str, count: int) -> None:
        body = {"server": {**project.wanted, "name": name, "max_count": count, "min_count": count}}
        began = time.monotonic()
        try:
            project.client.post("compute", "/servers", body)
        except (ApiError, NotRunning, OSError) as error:
            with self.lock:
                self.errors.append(f"{getattr(error, 'status', '')} {error}"[:160])
            return
        with self.lock:
            self.accepted += count
            (self.singles if count == 1 else self.batches).append(time.monotonic() - began)


def make_projects(cloud: ScaleCloud, number: int) -> list[Project]:
    """Projects with a network each, whose one user is the administrator, spread over the APIs that take creates."""
    admin = cloud.admin
    user = next(u["id"] for u in admin.get("identity", "/v3/users?name=admin")["users"])
    role = next(r["id"] for r in admin.get("identity", "/v3/roles?name=member")["roles"])
    image = next(i["id"] for i in admin.get("image", "/v2/images?name=guest")["images"])
    flavor = next(f["id"] for f in admin.get("compute", "/flavors")["flavors"] if f["name"] == "m1.tiny")

    def make(index: int) -> Project:
        body = {"project": {"name": f"scale-{index:03}", "domain_id": "default"}}
        project = admin.post("identity", "/v3/projects", body)["project"]["id"]
        admin.call("PUT", "identity", f"/v3/projects/{project}/users/{user}/roles/{role}")
        quota = {"quota_set": {"instances": -1, "cores": -1, "ram": -1}}
        admin.call("PUT", "compute", f"/os-quota-sets/{project}", quota)
        admin.call("PUT", "network", f"/v2.0/quotas/{project}", {"quota": {"port": -1}})
        client = Client(Credentials(f"{cloud.url}/identity", "admin", PASSWORD, f"scale-{index:03}"))
        network = client.post("network", "/v2.0/networks", {"network": {"name": "net"}})["network"]["id"]
        subnet = {"network_id": network, "ip_version": 4, "cidr": "10.0.0.0/23"}
        client.post("network", "/v2.0/subnets", {"subnet": subnet})
        return Project(client, {"imageRef": image, "flavorRef": flavor, "networks": [{"uuid": network}]})

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(make, range(number)))


def create_all(projects: Sequence[Project], number: int, until: float) -> Creates:
    """Ask for `number` servers by `CLIENTS` clients, project by project, at the latest until then."""
    creates = Creates(began=time.monotonic())
    asked: list[tuple[Project, str, int]] = []
    for start in range(0, number, PER_PROJECT):
        project, left = projects[start // PER_PROJECT], min(PER_PROJECT, number - start)
        singles = left // SINGLE_EVERY
        asked += [(project, f"s{index}", 1) for index in range(singles)]
        rest = left - singles
        asked += [(project, f"b{first}", min(AT_ONCE, rest - first)) for first in range(0, rest, AT_ONCE)]
    todo = iter(asked)
    lock = threading.Lock()

    def run() -> None:
        while time.monotonic() < until:
            with lock:
                if (one := next(todo, None)) is None:
                    return
            creates.ask(*one)

    threads = [threading.Thread(target=run) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return creates


STATES = "SELECT vm_state, count(*) FROM servers WHERE deleted_at IS NULL GROUP BY vm_state"


def states(meters: Meters) -> dict[str, int]:
    return {row[0]: row[1] for row in meters.rows(STATES)}


def until_settled(meters: Meters, until: float) -> dict[str, int]:
    """Wait until nothing is being built; returns how many servers are in which state."""
    while True:
        found = states(meters)
        if not found.get("building") or time.monotonic() > until:
            return found
        time.sleep(1)


def watch(meters: Meters, stop: threading.Event) -> None:
    """Say now and then how far it has come."""
    while not stop.wait(20):
        backlog = meters.one("SELECT count(*) FROM outbox WHERE state = 'out'")
        note(f"{states(meters)}, {backlog} messages not answered, load {os.getloadavg()[0]:.1f}")


def note(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Read:
    what: str
    seconds: list[float]
    cpu_ms: float


class ReadClient:
    """Asks for things of compute by a connection that it keeps, with the token of a client."""

    def __init__(self, client: Client, address: str) -> None:
        root = urlsplit(client.url("compute"))
        self._root, self._headers = root.path, {"X-Auth-Token": client._token or ""}
        self._connection = http.client.HTTPConnection(address, timeout=60)

    def get(self, path: str) -> int:
        """Returns the number of bytes of the answer."""
        self._connection.request("GET", self._root + path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body[:500]
        return len(body)


def measure_reads(cloud: ScaleCloud, owner: Client, servers: Sequence[str], until: float) -> Iterator[Read]:
    """Lists and shows, one after the other, of an API that nobody else asks."""
    pid, admin = cloud.processes[cloud.reader].pid, cloud.admin
    apart = f"127.0.0.1:{cloud.ports[cloud.reader]}"
    wanted = {
        "list, 1000 of all projects": (admin, ["/servers?all_tenants=1&limit=1000"]),
        "list in detail, 1000 of all projects": (admin, ["/servers/detail?all_tenants=1&limit=1000"]),
        "list, the 100 of a project": (owner, ["/servers?limit=1000"]),
        "list in detail, the 100 of a project": (owner, ["/servers/detail?limit=1000"]),
        "show": (admin, [f"/servers/{id_}" for id_ in servers]),
    }
    for left, (what, (client, paths)) in zip(range(len(wanted), 0, -1), wanted.items(), strict=True):
        stop = time.monotonic() + max(5.0, until - time.monotonic()) / left
        reader = ReadClient(client, apart)
        reader.get(paths[0])
        seconds: list[float] = []
        before, number = cpu(pid), READS if len(paths) == 1 else READS * 5
        for turn in range(number):
            began = time.monotonic()
            reader.get(paths[turn % len(paths)])
            seconds.append(time.monotonic() - began)
            if time.monotonic() > stop:
                break
        yield Read(what, seconds, (cpu(pid) - before) * 1000 / len(seconds))


def on_hosts(cloud: ScaleCloud) -> dict[str, int]:
    """On how many hosts each server is: what really runs there."""
    found: dict[str, int] = {}
    for host in cloud.hosts:
        for server in servers_on(cloud.state_of(host)):
            found[server] = found.get(server, 0) + 1
    return found


def check(cloud: ScaleCloud, meters: Meters) -> list[str]:
    """What is not as it must be."""
    real = on_hosts(cloud)
    active = {str(row[0]) for row in meters.rows("SELECT id FROM servers WHERE vm_state = 'active'")}
    wrong = [f"ACTIVE and on no host: {len(active - set(real))}"] if active - set(real) else []
    doubled = [server for server, number in real.items() if number > 1]
    return wrong + ([f"on two hosts: {len(doubled)}"] if doubled else [])


def run(cloud: ScaleCloud, wanted: int, end: float) -> dict[str, Any]:
    """The whole measurement; returns all figures."""
    meters = Meters(cloud)
    note(f"{len(cloud.hosts)} hosts are there")
    before = meters.read()
    time.sleep(IDLE)
    idle = meters.read().since(before)
    print(f"at rest: {idle}", flush=True)
    projects = make_projects(cloud, -(-wanted // PER_PROJECT))
    note(f"{len(projects)} projects are there")
    stop = threading.Event()
    watcher = threading.Thread(target=watch, args=(meters, stop))
    watcher.start()
    create_end = end - max(READ_FOR, 0.1 * (end - time.monotonic()))
    before = meters.read()
    try:
        creates = create_all(projects, wanted, create_end - 0.25 * (create_end - time.monotonic()))
        accepted = time.monotonic() - creates.began
        found = until_settled(meters, create_end)
        settled = time.monotonic() - creates.began
    finally:
        stop.set()
        watcher.join()
    spent = meters.read().since(before)
    active = found.get("active", 0)
    own = {name: seconds - idle.cpu.get(name, 0.0) * spent.at / idle.at for name, seconds in spent.cpu.items()}
    made, rest = max(active, 1), spent.at / idle.at
    print(f"asked for {wanted}; accepted {creates.accepted} in {accepted:.0f} s ({creates.accepted / accepted:.1f}/s)")
    print(f"ACTIVE {active} in {settled:.0f} s ({active / settled:.1f}/s); {found}; {len(creates.errors)} refused")
    for error in sorted(set(creates.errors))[:5]:
        print(f"    {error}")
    print(f"answer to a request for one: {quantiles(creates.singles)}; for {AT_ONCE}: {quantiles(creates.batches)}")
    print(f"meanwhile: {spent}")
    commits, messages = (spent.commits - idle.commits * rest) / made, (spent.messages - idle.messages * rest) / made
    per_create = {name: round(seconds * 1000 / made, 1) for name, seconds in own.items()}
    print(f"per create in all: {spent.commits / made:.1f} commits, {spent.messages / made:.1f} messages")
    print(f"beyond what it does at rest (where that came in time): {commits:.1f} commits, {messages:.1f} messages")
    print(f"    CPU ms: {per_create}", flush=True)
    rows = meters.rows("SELECT id FROM servers WHERE vm_state = 'active' ORDER BY id LIMIT 200")
    servers, slow = [row[0] for row in rows], creation(meters)
    print(f"request to ACTIVE, all of them: {slow}")
    memory = meters.memory()
    reads = list(measure_reads(cloud, projects[0].client, servers, end - READ_FOR / 4)) if servers else []
    for read in reads:
        print(
            f"{read.what:<40} {len(read.seconds):4} times {quantiles(read.seconds):>16}   {read.cpu_ms:8.1f} ms of CPU"
        )
    alone = one_by_one(meters, projects, end)
    for name, figures in memory.items():
        print(f"{name:<12} " + "  ".join(f"{what} {number:.0f}" for what, number in figures.items()))
    wrong = check(cloud, meters)
    print("; ".join(wrong) or "each ACTIVE server is on one host", flush=True)
    return {
        "hosts": len(cloud.hosts), "asked": wanted, "accepted": creates.accepted, "accepted in": accepted,
        "states": found, "settled in": settled, "idle": vars(idle), "spent": vars(spent), "alone": alone,
        "reads": [vars(read) for read in reads], "memory": memory, "wrong": wrong,
    }  # fmt: skip


def creation(meters: Meters) -> str:
    """How long servers took to become ACTIVE."""
    taken = "percentile_cont({}) WITHIN GROUP (ORDER BY extract(epoch FROM launched_at - created_at))"
    query = f"SELECT {taken.format(0.5)}, {taken.format(0.99)} FROM servers WHERE launched_at IS NOT NULL"
    half, most = meters.rows(query)[0]
    return "-" if half is None else f"{half:.2f} / {most:.2f} s"


def one_by_one(meters: Meters, projects: Sequence[Project], until: float, number: int = 30) -> str:
    """Single creates on the cloud as it is now, each when the one before is ACTIVE."""
    seconds = []
    for index in range(number):
        if time.monotonic() > until - 30:
            break
        project = projects[index % len(projects)]
        body = {"server": {**project.wanted, "name": f"alone-{index}"}}
        began = time.monotonic()
        id_ = project.client.post("compute", "/servers", body)["server"]["id"]
        while meters.one(f"SELECT vm_state FROM servers WHERE id = '{id_}'") == "building":
            if time.monotonic() > began + 30:
                break
            time.sleep(0.02)
        seconds.append(time.monotonic() - began)
    print(f"one server alone, request to ACTIVE: {quantiles(seconds)} ({len(seconds)})", flush=True)
    return quantiles(seconds)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--hosts", type=int, default=1000)
    options.add_argument("--servers", type=int, default=10_000)
    options.add_argument("--minutes", type=float, default=35.0, help="the whole run takes no longer")
    options.add_argument("--apis", type=int, default=2, help="besides the one that is read from")
    options.add_argument("--conductors", type=int, default=2)
    options.add_argument("--database", default="postgresql", choices=("postgresql",))
    options.add_argument("--json", type=Path, help="file for all figures")
    options.add_argument("--logs", type=Path, help="directory to keep the processes' logs in")
    given = options.parse_args()
    end = time.monotonic() + given.minutes * 60
    print(
        f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {given.hosts} hosts, {given.servers} servers"
    )
    names = [f"host-{number:04}" for number in range(given.hosts)]
    memory = Path("/dev/shm")
    directory = tempfile.mkdtemp(prefix="cupola-scale-", dir=memory if memory.is_dir() else None)
    try:
        with parts_cloud(
            given.database, ScaleCloud, states=Path(directory), hosts=names, apis=given.apis + 1,
            conductors=given.conductors,
        ) as cloud:  # fmt: skip
            try:
                figures = run(cloud, given.servers, end)
            finally:
                if given.logs:
                    shutil.copytree(cloud.logs, given.logs, dirs_exist_ok=True)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1, default=str))
    sys.exit(1 if figures["wrong"] else 0)


if __name__ == "__main__":
    main()
