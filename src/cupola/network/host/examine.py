"""What differs between a host and its documents: for doctor, and for whoever asks whether a host has converged."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from cupola.network.host.changes import Change, changes
from cupola.network.host.layout import Layout
from cupola.network.host.plan.machine import host_layout
from cupola.network.host.plan.network import assign_numbers, network_layout
from cupola.network.host.plan.router import router_layout, zones_of
from cupola.network.host.settings import HOST_OWNER, HostNetwork, network_owner, router_owner
from cupola.network.model.wanted import NetworkWanted, RouterWanted

_ID_IN_ALIAS = re.compile(r"(?:network|router) (\S+)$")


def differences(
    host: HostNetwork, networks: Iterable[NetworkWanted], routers: Iterable[RouterWanted], observed: Layout
) -> dict[str, list[Change]]:
    """What would mend the host, by `host`, `network/ID` and `router/ID`; subjects without a difference are left out.

    Raises ValueError if a document does not fit the others.
    """
    found = {HOST_OWNER: changes(host_layout(host), observed, HOST_OWNER)}
    owners, planned = {HOST_OWNER}, Layout()
    for network in networks:
        wanted = network_layout(network, host, assign_numbers(network, host, observed + planned))
        owner = network_owner(network.network_id)
        found[f"network/{network.network_id}"] = changes(wanted, observed, owner)
        owners.add(owner)
        planned += wanted
    for router in routers:
        owner = router_owner(router.router_id)
        wanted = router_layout(router, host, zones_of(planned, host))
        found[f"router/{router.router_id}"] = changes(wanted, observed, owner)
        owners.add(owner)
    for owner, subject in present(observed).items():
        if owner not in owners:
            found[subject] = changes(Layout(), observed, owner)
    return {subject: each for subject, each in found.items() if each}


def present(observed: Layout) -> dict[str, str]:
    """Of which networks and routers there is anything: `network/ID` and `router/ID` by owner.

    Where a part tells only the first 8 characters of the id, those.
    """
    kinds = {"n-": "network", "r-": "router"}
    ids = {each.owner: Path(each.directory).name for each in observed.daemons}
    ids |= {each.owner: found[1] for each in observed.links if (found := _ID_IN_ALIAS.search(each.alias))}
    return {
        owner: f"{kinds[owner[:2]]}/{ids.get(owner, owner[2:])}"
        for owner in sorted(observed.owners(), reverse=True)
        if owner[:2] in kinds
    }
