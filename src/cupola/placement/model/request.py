"""What a client of allocation candidates asks for: groups of resources, and conditions on them as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cupola.placement.model.forest import Forest, Node


@dataclass(frozen=True)
class Group:
    """Resources that go together.

    `required` is a list of sets of traits, of each of which one must be there; `member_of` likewise of aggregates.
    A `granular` group (one with a suffix) is given by a single provider; the other may be spread over a tree.
    """

    granular: bool
    resources: Mapping[str, int] = field(default_factory=dict)
    required: Sequence[frozenset[str]] = ()
    forbidden: frozenset[str] = frozenset()
    member_of: Sequence[frozenset[str]] = ()
    not_member_of: frozenset[str] = frozenset()
    in_tree: str | None = None

    def admits(self, node: Node, forest: Forest) -> bool:
        """Whether a provider may take part, traits that must be there aside."""
        if node.traits & self.forbidden:
            return False
        if self.in_tree is not None:
            named = forest.nodes.get(self.in_tree)
            if named is None or named.provider.root_id != node.provider.root_id:
                return False
        joined = node.aggregates if self.granular else node.aggregates | forest.root_of(node).aggregates
        if joined & self.not_member_of:
            return False
        return all(joined & any_of for any_of in self.member_of)

    def satisfied_by(self, traits: frozenset[str]) -> bool:
        """Whether these traits are all that must be there."""
        return all(traits & any_of for any_of in self.required)


@dataclass(frozen=True)
class CandidatesRequest:
    """Groups by suffix ("" for the one without), and what must hold for all of them together."""

    groups: Mapping[str, Group]
    limit: int | None = None
    isolate: bool = False
    root_required: frozenset[str] = frozenset()
    root_forbidden: frozenset[str] = frozenset()
    same_subtrees: Sequence[frozenset[str]] = ()
    nested: bool = True
    """Whether providers below a root may be named: clients before 1.29 know of none."""
