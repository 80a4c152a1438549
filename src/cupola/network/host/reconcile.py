"""One host's network: documents come in, are remembered, and the host is brought to them, again and again.

Everything is level-triggered: a document says how things shall be, and `reconcile` repeats all of them, so that what
was missed, failed or damaged is made good by the next pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from cupola.base.effects import Effect
from cupola.network.host.changes import Change
from cupola.network.host.drivers.base import NetworkDriver
from cupola.network.host.errors import HostError
from cupola.network.host.examine import differences, present
from cupola.network.host.generations import Generations
from cupola.network.host.settings import network_owner, router_owner
from cupola.network.model.wanted import NetworkWanted, RouterWanted


@dataclass(frozen=True)
class Report:
    """What a pass did, and what it could not do, by `host`, `network/ID` and `router/ID`."""

    effects: tuple[Effect, ...] = ()
    failures: dict[str, str] = field(default_factory=dict)


class NetworkHost:
    """A host and its memory. The driver may be called from any thread; it does one thing at a time."""

    def __init__(self, driver: NetworkDriver, generations: Generations) -> None:
        self.driver = driver
        self._generations = generations

    def ensure_network(self, doc: NetworkWanted) -> list[Effect]:
        """Raises StaleGeneration, ConflictingGeneration, or HostError if the host could not be brought to `doc`."""
        self._generations.accept("network", doc.network_id, doc.generation, doc.to_json())
        return self.driver.ensure_network(doc)

    def network_gone(self, network_id: str, generation: int | None = None) -> list[Effect]:
        """Raises StaleGeneration or HostError."""
        self._generations.bury("network", network_id, generation)
        return self.driver.network_gone(network_id)

    def ensure_router(self, doc: RouterWanted) -> list[Effect]:
        """Raises StaleGeneration, ConflictingGeneration, or HostError if the host could not be brought to `doc`."""
        self._generations.accept("router", doc.router_id, doc.generation, doc.to_json())
        return self.driver.ensure_router(doc)

    def router_gone(self, router_id: str, generation: int | None = None) -> list[Effect]:
        """Raises StaleGeneration or HostError."""
        self._generations.bury("router", router_id, generation)
        return self.driver.router_gone(router_id)

    def networks(self) -> list[NetworkWanted]:
        """The networks that are wanted here."""
        return [NetworkWanted.from_json(each) for each in self._generations.documents("network").values()]

    def routers(self) -> list[RouterWanted]:
        """The routers that are wanted here."""
        return [RouterWanted.from_json(each) for each in self._generations.documents("router").values()]

    def differences(self) -> dict[str, list[Change]]:
        """What differs now from the documents; raises HostError if the host cannot be observed."""
        return differences(self.driver.host, self.networks(), self.routers(), self.driver.observe())

    def reconcile(self) -> Report:
        """Bring the host to all documents, and remove what is in none of them; one failure does not stop the others."""
        steps: list[tuple[str, Callable[[], list[Effect]]]] = [("host", self.driver.ensure_host)]
        steps += [(subject, partial(self._remove, subject)) for subject in self._extra()]
        for network in self.networks():
            steps.append((f"network/{network.network_id}", partial(self.driver.ensure_network, network)))
        for router in self.routers():
            steps.append((f"router/{router.router_id}", partial(self.driver.ensure_router, router)))
        effects: list[Effect] = []
        failures: dict[str, str] = {}
        for subject, step in steps:
            try:
                effects += step()
            except HostError as error:
                effects += error.effects
                failures[subject] = str(error)
        return Report(tuple(effects), failures)

    def present(self) -> list[str]:
        """Of which networks and routers there is anything on the host: `network/ID`, `router/ID`."""
        return list(present(self.driver.observe()).values())

    def _extra(self) -> list[str]:
        wanted = {network_owner(each.network_id) for each in self.networks()}
        wanted |= {router_owner(each.router_id) for each in self.routers()}
        return [subject for owner, subject in present(self.driver.observe()).items() if owner not in wanted]

    def _remove(self, subject: str) -> list[Effect]:
        kind, _, id_ = subject.partition("/")
        return self.driver.network_gone(id_) if kind == "network" else self.driver.router_gone(id_)
