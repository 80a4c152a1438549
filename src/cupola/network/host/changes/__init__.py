"""What differs between what is wanted and what was observed, and what would mend it: pure functions.

The same list serves the driver, which carries it out, and the doctor, who reads it out.
"""

from __future__ import annotations

from cupola.network.host.changes.change import Change
from cupola.network.host.changes.daemons import daemon_starts, daemon_stops
from cupola.network.host.changes.links import link_additions, link_removals
from cupola.network.host.changes.namespaces import namespace_changes, unwanted_namespaces
from cupola.network.host.changes.routes import route_changes
from cupola.network.host.layout import Layout

__all__ = ["Change", "changes"]


def changes(wanted: Layout, observed: Layout, owner: str | None = None) -> list[Change]:
    """What makes `observed` like `wanted`, in the order in which it is safe.

    What is observed and not wanted is removed if it is `owner`'s; with None, if it is anybody's of this host.
    The firewall of a port is there before its link is up.
    """
    return [
        *daemon_stops(wanted, observed, owner),
        *link_removals(wanted, observed, owner),
        *_table_removals(wanted, observed, owner),
        *namespace_changes(wanted, observed, owner),
        *_table_loads(wanted, observed),
        *link_additions(wanted, observed),
        *_sysctl_writes(wanted, observed),
        *route_changes(wanted, observed),
        *daemon_starts(wanted, observed),
    ]


def _table_removals(wanted: Layout, observed: Layout, owner: str | None) -> list[Change]:
    want = {each.key for each in wanted.tables}
    gone = set(unwanted_namespaces(wanted, observed, owner))
    return [
        Change(
            f"table {each.family} {each.name} is not wanted",
            "nft",
            each.namespace,
            ("delete",),
            f"delete table {each.family} {each.name}\n",
            each,
        )
        for each in observed.tables
        if each.key not in want and each.owner and owner in (None, each.owner) and each.namespace not in gone
    ]


def _table_loads(wanted: Layout, observed: Layout) -> list[Change]:
    have = {each.key: each for each in observed.tables}
    return [
        Change(
            f"table {each.family} {each.name} is {'other than wanted' if each.key in have else 'missing'}",
            "nft",
            each.namespace,
            ("load",),
            each.text,
            each,
        )
        for each in wanted.tables
        if have.get(each.key) != each
    ]


def _sysctl_writes(wanted: Layout, observed: Layout) -> list[Change]:
    have = {(each.namespace, each.path): each.value for each in observed.sysctls}
    return [
        Change(
            f"{each.path} is {have.get((each.namespace, each.path), 'unknown')}, not {each.value}",
            "sysctl",
            each.namespace,
            (each.path, each.value),
        )
        for each in wanted.sysctls
        if have.get((each.namespace, each.path)) != each.value
    ]
