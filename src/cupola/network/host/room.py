"""The network service's room on a host: networks and routers as the control plane wants them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from cupola.base.hosts.agent import Outcome
from cupola.base.hosts.control import Document
from cupola.base.observe.findings import Finding
from cupola.network.host.changes import Change
from cupola.network.host.examine import differences
from cupola.network.host.reconcile import NetworkHost
from cupola.network.host.settings import HOST_OWNER
from cupola.network.model.wanted import NetworkWanted, RouterWanted

log = logging.getLogger(__name__)

BROUGHT_BACK = "The agent brings it back at its next full pass, or when it is started."
UNWANTED = (
    "The agent takes it away at its next full pass, unless it was never recorded: then the database may be another, or "
    "an older one. If it is not, and no server needs it, delete what bears its id: links, namespaces, tables."
)

Changed = Callable[[str, str, bool], None]
"""Told of each network or router that is there (True) or gone: (kind, id, there). The metadata service listens."""


class NetworkRoom:
    """Networks and routers of one host."""

    kinds = ("network", "router")
    side_by_side = False

    def __init__(self, host: NetworkHost, changed: Changed) -> None:
        self._host = host
        self._changed = changed
        self._warned: Collection[str] = ()

    def facts(self) -> Mapping[str, Any]:
        settings = self._host.driver.host
        return {"driver": type(self._host.driver).__name__, "namespace": settings.namespace, "vtep": settings.vtep}

    def prepare(self) -> None:
        """The host's own namespace, link and routes."""
        self._host.driver.ensure_host()
        obstacles = self._host.driver.obstacles()
        for what in obstacles.keys() - self._warned:
            log.warning("%s; what helps: %s", what, obstacles[what])
        self._warned = obstacles.keys()

    def present(self) -> Sequence[str]:
        return self._host.present()

    def converge(self, kind: str, id_: str, document: Document | None) -> Outcome:
        if document is None:
            self._changed(kind, id_, False)
            gone = self._host.network_gone if kind == "network" else self._host.router_gone
            return Outcome({"present": False}, gone(id_))
        if kind == "network":
            effects = self._host.ensure_network(NetworkWanted.from_json(document))
        else:
            effects = self._host.ensure_router(RouterWanted.from_json(document))
        self._changed(kind, id_, True)
        return Outcome({"present": True, "generation": document["generation"]}, effects)

    def command(self, verb: str, kind: str, id_: str, payload: Mapping[str, Any]) -> Outcome:
        raise ValueError(f"a {kind} knows no command {verb!r}")

    def examine(self, documents: Mapping[str, Document]) -> Sequence[Finding]:
        networks = [NetworkWanted.from_json(doc) for name, doc in documents.items() if name.startswith("network/")]
        routers = [RouterWanted.from_json(doc) for name, doc in documents.items() if name.startswith("router/")]
        driver = self._host.driver
        found = differences(driver.host, networks, routers, driver.observe())
        findings = [Finding("host.obstacle", "host", what, helps) for what, helps in driver.obstacles().items()]
        for subject, changes in found.items():
            kind = subject.partition("/")[0]
            if subject in documents or subject == HOST_OWNER:
                findings += [Finding(f"{kind}.differs", subject, _what(change), BROUGHT_BACK) for change in changes]
            else:
                findings.append(Finding(f"{kind}.unwanted", subject, f"A {kind} is here that is not wanted.", UNWANTED))
        return findings


def _what(change: Change) -> str:
    return f"{change.what} (`{change.call}` would mend it)"
