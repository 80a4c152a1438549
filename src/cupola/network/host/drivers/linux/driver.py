"""The driver for Linux: observe what is there, compare, carry out the difference."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Collection
from pathlib import Path

from cupola.base.effects import Effect
from cupola.network.host.changes import Change, changes
from cupola.network.host.drivers.linux.dnsmasq import known_daemons
from cupola.network.host.drivers.linux.machine import conflicts, ensure_bridge_filter, obstacles
from cupola.network.host.drivers.linux.namespaces import existing, listen
from cupola.network.host.drivers.linux.nft import RuleSets
from cupola.network.host.drivers.linux.observe import observe
from cupola.network.host.drivers.linux.tools import carry_out
from cupola.network.host.errors import HostError
from cupola.network.host.layout import Layout
from cupola.network.host.plan.dhcp import METADATA_ADDRESS
from cupola.network.host.plan.flows import lost_flows
from cupola.network.host.plan.machine import host_layout
from cupola.network.host.plan.nat import METADATA_PORT
from cupola.network.host.plan.network import assign_numbers, network_layout
from cupola.network.host.plan.router import floating_flows, router_layout, zones_of
from cupola.network.host.settings import HOST_OWNER, MACHINE, HostNetwork, bridge_name, network_owner, router_owner
from cupola.network.model.wanted import NetworkWanted, RouterWanted


class LinuxNetwork:
    """Drives one host. Calls may come from any thread; one works at a time."""

    def __init__(self, host: HostNetwork) -> None:
        self.host = host
        self._lock = threading.RLock()
        self._rulesets = RuleSets(host.prefix)
        self._carried: dict[str, NetworkWanted] = {}
        """What each network was last brought to by this process: tells which flows a change ends."""

    def ensure_host(self) -> list[Effect]:
        with self._lock:
            wanted = host_layout(self.host)
            plan = changes(wanted, self._observe({MACHINE, self.host.namespace}), HOST_OWNER)
            if plan and (found := conflicts(self.host)):
                way_out = "choose another public_cidr or link_range"
                raise HostError(f"the machine's network is in the way: {'; '.join(found)}: {way_out}")
            return ensure_bridge_filter() + self._carry_out(plan)

    def remove_host(self) -> list[Effect]:
        with self._lock:
            self._carried.clear()
            effects = self._carry_out(changes(Layout(), self.observe()))
            for directory in (self.host.dhcp_dir("x"), self.host.advertisements_dir("x")):
                shutil.rmtree(directory.parent, ignore_errors=True)
            return effects

    def ensure_network(self, doc: NetworkWanted) -> list[Effect]:
        with self._lock:
            effects = self._prepared()
            observed = self._observe_network(doc.network_id)
            try:
                numbers = assign_numbers(doc, self.host, observed)
                wanted = network_layout(doc, self.host, numbers)
            except ValueError as error:
                raise HostError(f"network {doc.network_id} is not possible: {error}") from error
            plan = changes(wanted, observed, network_owner(doc.network_id))
            bridge = observed.link(self.host.namespace, bridge_name(doc.network_id))
            if bridge and any(each.tool == "nft" for each in plan):
                before = self._carried.get(doc.network_id)
                # Where the rules differ and the document does not, another program let in who knows what.
                plan += lost_flows(None if before == doc else before, doc, self.host, numbers.zone)
            effects += self._carry_out(plan)
            self._carried[doc.network_id] = doc
            return effects

    def network_gone(self, network_id: str) -> list[Effect]:
        with self._lock:
            self._carried.pop(network_id, None)
            return self._carry_out(changes(Layout(), self._observe_network(network_id), network_owner(network_id)))

    def ensure_router(self, doc: RouterWanted) -> list[Effect]:
        with self._lock:
            effects = self._prepared()
            observed = self._observe_router(doc.router_id)
            try:
                wanted = router_layout(doc, self.host, zones_of(observed, self.host))
            except ValueError as error:
                raise HostError(f"router {doc.router_id} is not possible: {error}") from error
            plan = changes(wanted, observed, router_owner(doc.router_id)) + floating_flows(wanted, observed)
            return effects + self._carry_out(plan)

    def router_gone(self, router_id: str) -> list[Effect]:
        with self._lock:
            return self._carry_out(changes(Layout(), self._observe_router(router_id), router_owner(router_id)))

    def observe(self) -> Layout:
        with self._lock:
            return self._observe({MACHINE, *existing(self.host.prefix)}, known_daemons(self.host))

    def obstacles(self) -> dict[str, str]:
        return obstacles(self.host)

    def metadata_of_network(self, network_id: str) -> socket.socket:
        return listen(self.host.dhcp_namespace(network_id), METADATA_ADDRESS, 80)

    def metadata_of_router(self, router_id: str) -> socket.socket:
        return listen(self.host.router_namespace(router_id), "0.0.0.0", METADATA_PORT)

    def _carry_out(self, plan: list[Change]) -> list[Effect]:
        return carry_out(plan, self._rulesets)

    def _prepared(self) -> list[Effect]:
        """The host's own parts, made if they are not there at all."""
        missing = self.host.own_namespace and self.host.namespace not in existing(self.host.prefix)
        return self.ensure_host() if missing else []

    def _observe(self, namespaces: Collection[str], daemons: Collection[Path] = ()) -> Layout:
        try:
            return observe(self.host, self._rulesets, namespaces, daemons)
        except OSError as error:
            raise HostError(f"cannot observe the network: {error}") from error

    def _observe_network(self, network_id: str) -> Layout:
        namespaces = {self.host.namespace, self.host.dhcp_namespace(network_id)}
        return self._observe(namespaces, [self.host.dhcp_dir(network_id)])

    def _observe_router(self, router_id: str) -> Layout:
        namespaces = {self.host.namespace, self.host.router_namespace(router_id)}
        return self._observe(namespaces, [self.host.advertisements_dir(router_id)])
