"""A host's network in memory: the documents, layouts and comparisons of the real one, no root, faults on order.

What a document asks for is there at once; `damage` takes away or adds what a real host could lose or gain.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import count

from cupola.base.effects import Effect
from cupola.network.host.changes import Change, changes
from cupola.network.host.errors import HostError
from cupola.network.host.layout import Daemon, Layout, Link
from cupola.network.host.plan.machine import host_layout
from cupola.network.host.plan.network import assign_numbers, network_layout
from cupola.network.host.plan.router import floating_flows, router_layout, zones_of
from cupola.network.host.settings import HOST_OWNER, HostNetwork, network_owner, router_owner
from cupola.network.model.wanted import NetworkWanted, RouterWanted


class SimulatedNetwork:
    """Meets the contract of `NetworkDriver` without a network."""

    def __init__(self, host: HostNetwork) -> None:
        self.host = host
        self._layout = Layout()
        self._lock = threading.RLock()
        self._faults: list[tuple[str, str]] = []
        self._pids = count(100_001)

    def fail_next(self, call: str, reason: str) -> None:
        """Let the next `call` (`ensure_network`, …) end in HostError with `reason`, before it did anything."""
        self._faults.append((call, reason))

    def damage(self, change: Callable[[Layout], Layout]) -> None:
        """Replace what is there by what `change` makes of it."""
        with self._lock:
            self._layout = change(self._layout)

    def ensure_host(self) -> list[Effect]:
        return self._bring("ensure_host", host_layout(self.host), HOST_OWNER)

    def remove_host(self) -> list[Effect]:
        return self._bring("remove_host", Layout(), None)

    def ensure_network(self, doc: NetworkWanted) -> list[Effect]:
        with self._lock:
            effects = self._prepared()
            try:
                wanted = network_layout(doc, self.host, assign_numbers(doc, self.host, self._layout))
            except ValueError as error:
                raise HostError(f"network {doc.network_id} is not possible: {error}") from error
            return effects + self._bring("ensure_network", wanted, network_owner(doc.network_id))

    def network_gone(self, network_id: str) -> list[Effect]:
        return self._bring("network_gone", Layout(), network_owner(network_id))

    def ensure_router(self, doc: RouterWanted) -> list[Effect]:
        with self._lock:
            effects = self._prepared()
            try:
                wanted = router_layout(doc, self.host, zones_of(self._layout, self.host))
            except ValueError as error:
                raise HostError(f"router {doc.router_id} is not possible: {error}") from error
            ended = floating_flows(wanted, self._layout)
            return effects + self._bring("ensure_router", wanted, router_owner(doc.router_id), ended)

    def router_gone(self, router_id: str) -> list[Effect]:
        return self._bring("router_gone", Layout(), router_owner(router_id))

    def observe(self) -> Layout:
        return self._layout

    def obstacles(self) -> dict[str, str]:
        return {}

    def metadata_of_network(self, network_id: str) -> socket.socket:
        return self._listen(network_owner(network_id))

    def metadata_of_router(self, router_id: str) -> socket.socket:
        return self._listen(router_owner(router_id))

    def _listen(self, owner: str) -> socket.socket:
        """A socket on the loopback, in the place of one in the owner's namespace."""
        if owner not in {each.owner for each in self._layout.namespaces}:
            raise OSError(f"there is no namespace of {owner}")
        return socket.create_server(("127.0.0.1", 0))

    def _prepared(self) -> list[Effect]:
        return [] if HOST_OWNER in self._layout.owners() else self.ensure_host()

    def _bring(self, call: str, wanted: Layout, owner: str | None, more: list[Change] | None = None) -> list[Effect]:
        with self._lock:
            for fault in self._faults:
                if fault[0] == call:
                    self._faults.remove(fault)
                    raise HostError(fault[1])
            plan = [*changes(wanted, self._layout, owner), *(more or ())]
            self._layout = _settled(_without(self._layout, wanted, owner) + self._alive(wanted))
            return [Effect(each.what, each.call, "ok", 0.0) for each in plan]

    def _alive(self, wanted: Layout) -> Layout:
        """The wanted parts as they are when they are there: processes have a pid, the one they had before."""
        before = {each.directory: each.pid for each in self._layout.daemons}
        pids = ((each, before.get(each.directory) or next(self._pids)) for each in wanted.daemons)
        daemons: tuple[Daemon, ...] = tuple(replace(each, pid=pid, leases=()) for each, pid in pids)
        return replace(wanted, daemons=daemons)


def _without(layout: Layout, wanted: Layout, owner: str | None) -> Layout:
    """`layout` without what is `owner`'s (None: anybody's), and without what `wanted` has anew."""
    links = {each.key for each in wanted.links}
    devices = links | {each.key for each in layout.links if owner in (None, each.owner)}
    return Layout(
        namespaces=tuple(each for each in layout.namespaces if owner not in (None, each.owner)),
        links=tuple(each for each in layout.links if owner not in (None, each.owner) and each.key not in links),
        routes=tuple(each for each in layout.routes if (each.namespace, each.device) not in devices),
        forwarding=tuple(each for each in layout.forwarding if (each.namespace, each.device) not in devices),
        neighbours=tuple(each for each in layout.neighbours if (each.namespace, each.device) not in devices),
        sysctls=tuple(each for each in layout.sysctls if each not in wanted.sysctls),
        tables=tuple(each for each in layout.tables if owner not in (None, each.owner)),
        daemons=tuple(each for each in layout.daemons if owner not in (None, each.owner)),
    )


def _settled(layout: Layout) -> Layout:
    """What goes with something else is gone: the contents of a namespace with it, the ports of a bridge leave it."""
    names = {each.name for each in layout.namespaces} | {""}
    keys = {each.key for each in layout.links}

    def link(each: Link) -> Link:
        return each if each.master is None or (each.namespace, each.master) in keys else replace(each, master=None)

    return replace(
        layout,
        links=tuple(link(each) for each in layout.links if each.namespace in names),
        sysctls=tuple(each for each in layout.sysctls if each.namespace in names),
    )
