"""Differences of routes and of tunnels' entries; only those of wanted interfaces are looked at."""

from __future__ import annotations

from cupola.network.host.changes.change import Change
from cupola.network.host.layout import Forwarding, Layout, Neighbour, Route


def route_changes(wanted: Layout, observed: Layout) -> list[Change]:
    """Removals before additions, of each kind."""
    ours = {each.key for each in wanted.links}
    routes = [each for each in observed.routes if (each.namespace, each.device) in ours]
    forwarding = [each for each in observed.forwarding if (each.namespace, each.device) in ours]
    neighbours = [each for each in observed.neighbours if (each.namespace, each.device) in ours]
    return [
        *(_route(each, "del") for each in sorted(set(routes) - set(wanted.routes), key=str)),
        *(_route(each, "replace") for each in wanted.routes if each not in routes),
        *(_forwarding(each, "del") for each in sorted(set(forwarding) - set(wanted.forwarding), key=str)),
        *(_forwarding(each, "append") for each in wanted.forwarding if each not in forwarding),
        *(_neighbour(each, "del") for each in sorted(set(neighbours) - set(wanted.neighbours), key=str)),
        *(_neighbour(each, "replace") for each in wanted.neighbours if each not in neighbours),
    ]


def _state(verb: str) -> str:
    return "is not wanted" if verb == "del" else "is missing"


def _route(route: Route, verb: str) -> Change:
    what = f"route to {route.destination} via {route.via} {_state(verb)}"
    destination = "default" if route.destination == "::/0" else route.destination
    args = ("route", verb, destination, "via", route.via, "dev", route.device)
    return Change(what, "ip", route.namespace, args)


def _forwarding(entry: Forwarding, verb: str) -> Change:
    what = f"entry {entry.mac} behind {entry.vtep} {_state(verb)}"
    return Change(what, "bridge", entry.namespace, ("fdb", verb, entry.mac, "dev", entry.device, "dst", entry.vtep))


def _neighbour(entry: Neighbour, verb: str) -> Change:
    what = f"neighbour {entry.address} of {entry.device} {_state(verb)}"
    state = () if verb == "del" else ("lladdr", entry.mac, "nud", "permanent")
    return Change(what, "ip", entry.namespace, ("neigh", verb, entry.address, *state, "dev", entry.device))
