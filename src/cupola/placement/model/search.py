"""Finding allocation candidates: pure functions from all providers and a request to ways of meeting it.

Each tree is tried by itself, with the providers that share with it: for every group the ways in which it can be met
are listed, and each combination that holds together is one candidate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product

from cupola.placement.model.forest import Forest, Node
from cupola.placement.model.request import CandidatesRequest, Group

Amounts = dict[str, dict[str, int]]
"""provider id → resource class → amount"""


@dataclass(frozen=True)
class Way:
    """One way of meeting a request: what to take from whom, and who gives to each group."""

    amounts: Amounts
    mappings: Mapping[str, list[str]]

    def key(self) -> tuple[object, ...]:
        taken = tuple(sorted((who, what, much) for who, some in self.amounts.items() for what, much in some.items()))
        return taken, tuple((suffix, tuple(given)) for suffix, given in sorted(self.mappings.items()))


def find(forest: Forest, request: CandidatesRequest) -> list[Way]:
    """All ways of meeting a request, or the first so many."""
    return list(islice(_distinct(forest, request), request.limit))


def _distinct(forest: Forest, request: CandidatesRequest) -> Iterator[Way]:
    seen = set()
    for root_id in forest.trees:
        root = forest.nodes[root_id]
        if not request.root_required <= root.traits or root.traits & request.root_forbidden:
            continue
        for way in _in_tree(forest, root_id, request):
            if way.key() not in seen:
                seen.add(way.key())
                yield way


def _in_tree(forest: Forest, root_id: str, request: CandidatesRequest) -> Iterator[Way]:
    reach = forest.within_reach(root_id)
    options = [list(_met(forest, reach, group)) for group in request.groups.values()]
    for chosen in product(*options):
        way = _merged(dict(zip(request.groups, chosen, strict=True)))
        if way is not None and _holds(forest, request, way):
            yield way


def _met(forest: Forest, reach: list[Node], group: Group) -> Iterator[list[tuple[Node, dict[str, int]]]]:
    """The ways in which one group can be met: who gives what."""
    admitted = [node for node in reach if group.admits(node, forest)]
    if group.granular:
        for node in admitted:
            if group.satisfied_by(node.traits) and node.grants(group.resources):
                yield [(node, dict(group.resources))]
        return
    givers = [[node for node in admitted if node.grants({name: amount})] for name, amount in group.resources.items()]
    for chosen in product(*givers):
        if group.satisfied_by(frozenset().union(*(node.traits for node in chosen))):
            yield [(node, {name: amount}) for node, (name, amount) in zip(chosen, group.resources.items(), strict=True)]


def _merged(chosen: Mapping[str, list[tuple[Node, dict[str, int]]]]) -> Way | None:
    """Several groups as one: their amounts add up; None when a provider has not enough for all of them."""
    amounts: Amounts = {}
    nodes: dict[str, Node] = {}
    for given in chosen.values():
        for node, resources in given:
            nodes[node.id] = node
            own = amounts.setdefault(node.id, {}) if resources else {}
            for name, amount in resources.items():
                own[name] = own.get(name, 0) + amount
    if not all(nodes[who].grants(taken) for who, taken in amounts.items()):
        return None
    mappings = {suffix: sorted({node.id for node, _ in given}) for suffix, given in chosen.items()}
    return Way(amounts, mappings)


def _holds(forest: Forest, request: CandidatesRequest, way: Way) -> bool:
    if not request.nested and any(forest.nodes[who].provider.parent_id for who in way.amounts):
        return False
    granular = [way.mappings[suffix][0] for suffix, group in request.groups.items() if group.granular]
    if request.isolate and len(set(granular)) < len(granular):
        return False
    return all(_rooted(forest, way, suffixes) for suffixes in request.same_subtrees)


def _rooted(forest: Forest, way: Way, suffixes: frozenset[str]) -> bool:
    """Whether one of the providers of these groups is above (or is) all of them."""
    givers = {who for suffix in suffixes for who in way.mappings[suffix]}
    return any(all(above in forest.ancestors(who) for who in givers) for above in givers)
