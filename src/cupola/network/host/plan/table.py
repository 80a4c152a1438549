"""nftables tables as values: one rendering gives both the text to load and what the kernel will list."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cupola.network.host.layout import Table


@dataclass(frozen=True)
class Chain:
    rules: tuple[str, ...]
    hook: str = ""
    """`type filter hook forward priority 0; policy accept;` of a base chain."""


@dataclass(frozen=True)
class Set:
    """A named set, or a map: its elements are then keys with their values."""

    type: str
    """`ipv4_addr`, or `ifname : verdict`."""
    elements: Mapping[str, str]
    """Key → value; values of a set are empty."""
    interval: bool = False

    @property
    def listed(self) -> tuple[str, ...]:
        """The elements as observation gives them."""
        return tuple(sorted(f"{key} : {value}" if value else key for key, value in self.elements.items()))


def table(
    namespace: str,
    family: str,
    name: str,
    owner: str,
    comment: str,
    sets: Mapping[str, Set],
    chains: Mapping[str, Chain],
) -> Table:
    """The table with this content; loading its text replaces the whole table in one transaction."""
    body = [f'  comment "{comment}"']
    for set_name, each in sets.items():
        body += _set_text(set_name, each)
    for chain_name, chain in chains.items():
        body += [f"  chain {chain_name} {{", *([f"    {chain.hook}"] if chain.hook else [])]
        body += [*(f"    {rule}" for rule in chain.rules), "  }"]
    fingerprint = "fingerprint-" + hashlib.sha256("\n".join(body).encode()).hexdigest()[:16]
    body += [f"  chain {fingerprint} {{", "  }"]
    head = f"table {family} {name}"
    return Table(
        namespace=namespace,
        family=family,
        name=name,
        owner=owner,
        chains={**{chain_name: len(chain.rules) for chain_name, chain in chains.items()}, fingerprint: 0},
        sets={set_name: each.listed for set_name, each in sets.items()},
        text="\n".join([head, f"delete {head}", f"{head} {{", *body, "}", ""]),
    )


def _set_text(name: str, each: Set) -> Sequence[str]:
    kind = "map" if " : " in each.type else "set"
    lines = [f"  {kind} {name} {{", f"    type {each.type}", *(["    flags interval"] if each.interval else [])]
    if each.elements:
        quote = '"' if each.type.startswith("ifname") else ""
        items = [f"{quote}{key}{quote}" + (f" : {value}" if value else "") for key, value in each.elements.items()]
        lines.append(f"    elements = {{ {', '.join(items)} }}")
    return [*lines, "  }"]
