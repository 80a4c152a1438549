"""What hosts report of networks and routers, and what becomes of ports and floating IPs by it.

A host reports the generation it brought about. An older one says nothing: the report of the newer is on its way.
"""

from __future__ import annotations

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.operations import Report
from cupola.network.model.port import ACTIVE
from cupola.network.store import floating_ips, networks, ports, routers, tables


def network(tx: Transaction, ctx: Context, subject: str, report: Report) -> None:
    """The ports of a network on the host carry traffic."""
    id_ = subject.partition("/")[2]
    found = networks.by_id(tx, id_)
    if found is not None and report.ok and _current(report, found.generation):
        here = (tables.ports.c.network_id == id_) & (tables.ports.c.host == report.host)
        ports.set_status(tx, ACTIVE, here)


def router(tx: Transaction, ctx: Context, subject: str, report: Report) -> None:
    """The ports of a router and the floating IPs it carries work; so do the networks it required."""
    id_ = subject.partition("/")[2]
    found = routers.by_id(tx, id_)
    if found is None or found.host != report.host or not report.ok or not _current(report, found.generation):
        return
    ports.set_status(tx, ACTIVE, tables.ports.c.device_id == id_, tables.ports.c.plugged)
    floating_ips.set_status(tx, id_, ACTIVE)


def _current(report: Report, generation: int) -> bool:
    return bool(report.result.get("generation", generation) >= generation)
