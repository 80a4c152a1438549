"""Differences of namespaces."""

from __future__ import annotations

from cupola.network.host.changes.change import Change
from cupola.network.host.layout import Layout


def unwanted_namespaces(wanted: Layout, observed: Layout, owner: str | None) -> list[str]:
    """Names of those that are observed and not wanted, and are `owner`'s (None: anybody's)."""
    want = {each.name for each in wanted.namespaces}
    return [
        each.name
        for each in observed.namespaces
        if each.name not in want and each.owner and owner in (None, each.owner)
    ]


def namespace_changes(wanted: Layout, observed: Layout, owner: str | None) -> list[Change]:
    """Removals, then additions."""
    have = {each.name for each in observed.namespaces}
    extra = unwanted_namespaces(wanted, observed, owner)
    return [
        *(Change(f"namespace {name} is not wanted", "netns", "", ("del", name)) for name in extra),
        *(
            Change(f"namespace {each.name} is missing", "netns", "", ("add", each.name))
            for each in wanted.namespaces
            if each.name not in have
        ),
    ]
