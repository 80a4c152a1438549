"""What must hold: servers, what they claim of hosts, and what their projects are counted for agree with each other.

Each of them changes together with the server in one transaction, so a difference is a fault, or a hand in the database.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from cupola.base.db.transaction import Transaction
from cupola.base.observe.findings import Finding
from cupola.base.quota.tables import usages
from cupola.compute.model.service import COMPUTE
from cupola.compute.store import servers, services
from cupola.placement import interface as placement


def claims_match(tx: Transaction) -> Iterator[Finding]:
    """Every server on a host claims something of that host alone, and nothing else is claimed."""
    providers = {
        state.service.host: state.service.id for state in services.states(tx) if state.service.binary == COMPUTE
    }
    claims = placement.claims_in(tx)
    for server in servers.alive(tx):
        held = set(claims.pop(server.id, {}))
        due = {providers[server.host]} if server.host in providers else set()
        if held != due:
            yield Finding(
                "claim.differs",
                f"server/{server.id}",
                f"The server is on host {server.host or 'none'} and claims resources of {_named(held)}.",
                "Delete the server and make it again; the claim goes with it.",
                server.host,
            )
    for consumer_id, held_by in claims.items():
        yield Finding(
            "claim.unowned",
            f"server/{consumer_id}",
            f"Resources of {_named(set(held_by))} are claimed for a server that does not exist.",
            f"`openstack resource provider allocation delete {consumer_id}` gives them back.",
        )


def _named(provider_ids: set[str]) -> str:
    return ", ".join(f"resource provider {one}" for one in sorted(provider_ids)) or "no resource provider"


def quota_matches(tx: Transaction) -> Iterator[Finding]:
    """A project is counted for just the servers it has."""
    actual: dict[str, dict[str, int]] = {}
    for server in servers.alive(tx):
        own = actual.setdefault(server.project_id, dict.fromkeys(("instances", "cores", "ram"), 0))
        own["instances"] += 1
        own["cores"] += server.flavor["vcpus"]
        own["ram"] += server.flavor["ram"]
    counted = {row["project_id"]: row["used"] for row in tx.all(select(usages))}
    for project_id in sorted({*actual, *counted}):
        for name in ("instances", "cores", "ram"):
            there = actual.get(project_id, {}).get(name, 0)
            said = counted.get(project_id, {}).get(f"compute.{name}", 0)
            if there != said:
                yield Finding(
                    "quota.differs",
                    f"project/{project_id}",
                    f"The project is counted for {said} {name} and has {there}.",
                    "Report it: what was done to the project's servers lately is in the ledger.",
                )
