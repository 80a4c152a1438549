"""What must add up: what projects are counted for, and what they have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Table, func, select

from cupola.base.db.transaction import Transaction
from cupola.base.observe.findings import Finding
from cupola.base.quota.tables import usages
from cupola.network.store import tables

_COUNTED: Mapping[str, Table] = {
    "network": tables.networks,
    "subnet": tables.subnets,
    "port": tables.ports,
    "router": tables.routers,
    "floatingip": tables.floating_ips,
    "security_group": tables.security_groups,
    "security_group_rule": tables.security_group_rules,
}


def quota_matches(tx: Transaction) -> Iterator[Finding]:
    """A project is counted for just what it has; what belongs to no project is not counted."""
    counted = {row["project_id"]: row["used"] for row in tx.all(select(usages))}
    for name, table in _COUNTED.items():
        many = select(table.c.project_id, func.count().label("many")).where(table.c.project_id != "")
        there = {row["project_id"]: row["many"] for row in tx.all(many.group_by(table.c.project_id))}
        for project_id in sorted({*there, *counted}):
            has, said = there.get(project_id, 0), counted.get(project_id, {}).get(f"network.{name}", 0)
            if has != said:
                yield Finding(
                    "quota.differs",
                    f"project/{project_id}",
                    f"The project is counted for {said} of {name} and has {has}.",
                    "Report it: what was done to the project's networks lately is in the ledger.",
                )
