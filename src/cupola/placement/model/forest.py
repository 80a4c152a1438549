"""All providers at one moment: what each has, and how they hang together in trees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cupola.placement.model.inventory import Stock
from cupola.placement.model.provider import Provider
from cupola.placement.model.standard import SHARES


@dataclass(frozen=True)
class Node:
    """A provider with its inventories, traits and aggregates."""

    provider: Provider
    stocks: Mapping[str, Stock]
    traits: frozenset[str]
    aggregates: frozenset[str]

    @property
    def id(self) -> str:
        return self.provider.id

    def grants(self, resources: Mapping[str, int]) -> bool:
        """Whether one consumer can have all of these amounts here now."""
        return all(name in self.stocks and self.stocks[name].grants(amount) for name, amount in resources.items())


class Forest:
    """Providers by id, by tree, and those that share."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = {node.id: node for node in nodes}
        self.trees: dict[str, list[Node]] = {}
        for node in self.nodes.values():
            self.trees.setdefault(node.provider.root_id, []).append(node)
        self._sharing = [node for node in self.nodes.values() if SHARES in node.traits]

    def root_of(self, node: Node) -> Node:
        return self.nodes[node.provider.root_id]

    def within_reach(self, root_id: str) -> list[Node]:
        """The providers of a tree, and those that share with a member of it."""
        tree = self.trees[root_id]
        joined = frozenset().union(*(node.aggregates for node in tree))
        return tree + [node for node in self._sharing if node.provider.root_id != root_id and node.aggregates & joined]

    def ancestors(self, provider_id: str) -> set[str]:
        """A provider and all above it."""
        found: set[str] = set()
        at: str | None = provider_id
        while at is not None:
            found.add(at)
            at = self.nodes[at].provider.parent_id
        return found
