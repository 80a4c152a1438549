"""What holds in a cloud at rest, whatever happened before: simulations ask for it at the end.

Doctor looks at a cloud as the cloud sees itself. This reads tables and hosts with eyes of its own, so that a fault
which both share does not hide; and it is stricter, because nothing is under way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import select

from cupola.base.db.rows import grouped
from cupola.base.db.transaction import Row, Transaction
from cupola.base.db.types import metadata
from cupola.base.hosts.control import Control, Document, is_unchanged
from cupola.testing.hosts import SimulatedHost

POWER = {"active": ("running",), "stopped": ("shutdown", "crashed")}
"""vm_state → what the guest may be on its host."""
PLACED = ("network:dhcp", "network:router_interface", "network:router_gateway")
"""Owners of ports that are always somewhere, in a cloud that has a host."""
WANTED = {"active": "running", "stopped": "shutdown"}
"""vm_state → what its host is to bring about."""
COUNTED = {
    "network.network": "networks",
    "network.subnet": "subnets",
    "network.port": "ports",
    "network.router": "routers",
    "network.floatingip": "floating_ips",
    "network.security_group": "security_groups",
    "network.security_group_rule": "security_group_rules",
}
"""What quota counts by rows → the table."""


class Rows:
    """All rows of a cloud, by table, as one transaction sees them."""

    def __init__(self, tx: Transaction) -> None:
        self._tables = {name: tx.all(select(table)) for name, table in metadata.tables.items()}
        self.servers = {row["id"]: row for row in self["servers"] if row["deleted_at"] is None}

    def __getitem__(self, table: str) -> list[Row]:
        return self._tables[table]


def broken(rows: Rows, hosts: Mapping[str, SimulatedHost], control: Control) -> list[str]:
    """What does not hold, in sentences; empty when all is well."""
    found = [*_operations(rows), *_messages(rows), *_states(rows), *_quota(rows), *_claims(rows), *_ports(rows)]
    for host in hosts.values():
        found += [f"on {host.name}: {said}" for said in [*_guests(rows, host), *_networks(host, control)]]
    return found


def _operations(rows: Rows) -> Iterator[str]:
    """All have ended, and nothing of an ended one is left open."""
    for row in rows["operations"]:
        if row["ended_at"] is None:
            yield f"operation {row['name']} {row['id']} is {row['state']}"
        elif row["live_key"] is not None or row["due_at"] is not None or row["state"] in ("running", "undoing"):
            yield f"operation {row['name']} {row['id']} has ended and is {row['state']}, due {row['due_at']}"
    for row in rows["journal"]:
        if row["state"] == "waiting" or (row["phase"] == "undo" and row["state"] != "done"):
            yield f"step {row['step']} ({row['phase']}) of operation {row['operation_id']} is left {row['state']}"


def _messages(rows: Rows) -> Iterator[str]:
    """All have been answered; of questions and commands somebody may have stopped waiting."""
    for row in rows["outbox"]:
        if row["state"] == "out" or (row["state"] == "dead" and row["type"] == "converge"):
            yield f"message {row['type']} {row['subject']} to {row['topic']} is {row['state']}"


def _last(moves: list[Row]) -> list[Any]:
    """Where the transitions of a resource lead: those of the last moment, as a held clock does not tell their order."""
    last = max(move["at"] for move in moves)
    return [move["new"] for move in moves if move["at"] == last]


def _states(rows: Rows) -> Iterator[str]:
    """Servers rest, their ledger says so too, and none that is deleted is still in a state."""
    told = {id_: _last(moves) for id_, moves in grouped(rows["transitions"], "resource_id").items()}
    for row in rows["servers"]:
        there = row["deleted_at"] is None
        if row["task_state"] is not None or row["admin_pass"] is not None:
            yield f"server {row['id']} is {row['vm_state']}, still {row['task_state']}, with a password to tell"
        if there and row["vm_state"] in WANTED and row["wanted"] != WANTED[row["vm_state"]]:
            yield f"server {row['id']} is {row['vm_state']} and wanted {row['wanted']}"
        if there == (row["vm_state"] == "deleted") or row["vm_state"] == "building":
            yield f"server {row['id']} is {row['vm_state']}, deleted at {row['deleted_at']}"
        status = {"status": {"stopped": "SHUTOFF"}.get(row["vm_state"], row["vm_state"].upper())} if there else None
        if status not in told.get(row["id"], ()):
            yield f"server {row['id']} is {status}, and the ledger says {told.get(row['id'])}"


def _quota(rows: Rows) -> Iterator[str]:
    """Every project is counted for just what it has."""
    there: Counter[tuple[str, str]] = Counter()
    for name, table in COUNTED.items():
        there.update((row["project_id"], name) for row in rows[table] if row["project_id"])
    for server in rows.servers.values():
        for name, amount in (("instances", 1), ("cores", server["flavor"]["vcpus"]), ("ram", server["flavor"]["ram"])):
            there[server["project_id"], f"compute.{name}"] += amount
    said = {(row["project_id"], name): many for row in rows["quota_usages"] for name, many in row["used"].items()}
    for key in sorted({*there, *said}):
        if (key[1] in COUNTED or key[1].startswith("compute.")) and there[key] != said.get(key, 0):
            yield f"project {key[0]} is counted for {said.get(key, 0)} of {key[1]} and has {there[key]}"


def _claims(rows: Rows) -> Iterator[str]:
    """A server holds just what its flavor takes, of its own host; nobody else holds anything."""
    names = {row["id"]: row["name"] for row in rows["resource_providers"]}
    held: dict[str, dict[tuple[str | None, str], int]] = {}
    for row in rows["allocations"]:
        held.setdefault(row["consumer_id"], {})[names.get(row["provider_id"]), row["resource_class"]] = row["used"]
    for id_, server in rows.servers.items():
        resources = server["flavor"]["resources"] if server["host"] is not None else {}
        due = {(server["host"], name): amount for name, amount in resources.items() if amount}
        if held.pop(id_, {}) != due:
            yield f"server {id_} holds something else than {due}"
    yield from (f"{id_}, which is no server, holds {what}" for id_, what in held.items())
    consumers = {row["id"] for row in rows["consumers"]}
    if consumers != {row["consumer_id"] for row in rows["allocations"]}:
        yield f"consumers {sorted(consumers)} are not those that hold something"


def _ports(rows: Rows) -> Iterator[str]:
    """Servers' ports are theirs, and where they are; all that are somewhere work; no address is without a port."""
    of_device = grouped(sorted(rows["ports"], key=lambda row: row["device_index"]), "device_id")
    for id_, server in rows.servers.items():
        mine = of_device.get(id_, [])
        if sorted(row["id"] for row in mine) != sorted(nic["port_id"] for nic in server["nics"]):
            yield f"server {id_} has nics {server['nics']} and ports {[row['id'] for row in mine]}"
        if {row["host"] for row in mine} - {server["host"]}:
            yield f"server {id_} is on {server['host']} and its ports are on {[row['host'] for row in mine]}"
    for row in rows["ports"]:
        if row["device_owner"].startswith("compute:") and row["device_id"] not in rows.servers:
            yield f"port {row['id']} is left of server {row['device_id']}"
        if row["host"] is None and row["device_owner"] in PLACED:
            yield f"port {row['id']} ({row['device_owner']}) is nowhere"
        if row["host"] is not None and row["admin_state_up"] and row["status"] != "ACTIVE":
            yield f"port {row['id']} ({row['device_owner']}) is on {row['host']} and {row['status']}"
    for row in rows["floating_ips"]:
        if (row["status"] == "ACTIVE") != (row["port_id"] is not None):
            yield f"floating IP {row['floating_ip_address']} of port {row['port_id']} is {row['status']}"


def _guests(rows: Rows, host: SimulatedHost) -> Iterator[str]:
    """The guests of a host are the servers that are there, in their state and newest form."""
    due = {id_: row for id_, row in rows.servers.items() if row["host"] == host.name}
    machines = host.hypervisor.observe()
    yield from (f"guest {id_} is of no server here" for id_ in sorted(machines.keys() - due.keys()))
    for id_, row in due.items():
        machine = machines.get(id_)
        if machine is None:
            yield f"server {id_} ({row['vm_state']}) has no guest"
        elif row["vm_state"] in POWER and machine.power not in POWER[row["vm_state"]]:
            yield f"server {id_} is {row['vm_state']} and its guest is {machine.power}"
        elif machine.generation != row["wanted_generation"]:
            yield f"guest {id_} is at {machine.generation}, {row['wanted_generation']} is wanted"
        elif machine.power == "running" and list(machine.nics) != [nic["port_id"] for nic in row["nics"]]:
            yield f"guest {id_} has nics {machine.nics}, its server {row['nics']}"


def _networks(host: SimulatedHost, control: Control) -> Iterator[str]:
    """A host was told of its networks and routers in their newest form, and of no others."""
    wanted = control.documents(host.name, control.subjects(host.name))
    for kind in ("network", "router"):
        due = {subject.partition("/")[2]: doc for subject, doc in wanted.items() if subject.startswith(f"{kind}/")}
        known = host.memory.documents(kind)
        yield from (f"{kind} {id_} is known and not wanted" for id_ in sorted(known.keys() - due.keys()))
        for id_, document in due.items():
            differ = _differences(document or {}, known.get(id_, {}))
            if differ:
                yield f"{kind} {id_} differs from what is wanted: {differ}"


def _differences(wanted: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    names = sorted({*wanted, *known} - {"requires"})  # which is for the agent
    return {name: (wanted.get(name), known.get(name)) for name in names if wanted.get(name) != known.get(name)}


class Witness:
    """The control plane as agents see it, which remembers what it told them: they believe that a document is as they
    know it until its generation changes.

    Takes the place of a control plane, or looks by itself. What an agent could not learn is found in `missed`.
    """

    def __init__(self, control: Control) -> None:
        self._control = control
        self.hello, self.subjects, self.image, self.metadata = (
            control.hello, control.subjects, control.image, control.metadata,
        )  # fmt: skip
        self._seen: dict[tuple[str, str], Document] = {}
        self.missed: list[str] = []

    def documents(
        self, host: str, subjects: Sequence[str], known: Mapping[str, int] = MappingProxyType({})
    ) -> dict[str, Document | None]:
        self._compare(host, subjects)
        return self._control.documents(host, subjects, known)

    def look(self, host: str) -> None:
        """Ask for all that is wanted of a host."""
        self._compare(host, self._control.subjects(host))

    def _compare(self, host: str, subjects: Sequence[str]) -> None:
        before = {subject: seen for subject in subjects if (seen := self._seen.get((host, subject))) is not None}
        known = {subject: seen["generation"] for subject, seen in before.items()}
        answers = self._control.documents(host, list(known), known) if known else {}
        for subject, document in self._control.documents(host, subjects).items():
            if is_unchanged(answers.get(subject)) and document != before[subject]:
                changed = _differences(document or {}, before[subject])
                self.missed.append(f"{subject} on {host} changed at generation {known[subject]}: {changed}")
            if document is not None:
                self._seen[host, subject] = document
