"""Ports that parts of a cloud listen on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cupola.install.checks.finding import Finding, Situation
from cupola.install.machine import Listener, Machine
from cupola.wiring.settings import TRADITIONAL_PORTS

VXLAN = 4789
SITE = "/etc/apache2/sites-enabled/cupola.conf"
_ALL = ("0.0.0.0", "::")


@dataclass(frozen=True)
class Place:
    """Where something is to listen: a port, of one address or (None) of all."""

    port: int
    address: str | None = None

    def is_taken_by(self, listener: Listener) -> bool:
        is_port = listener.protocol == "tcp" and listener.port == self.port
        return is_port and (self.address is None or listener.address in (self.address, *_ALL))


def ports(situation: Situation) -> Iterator[Finding]:
    """Nothing else listens where the APIs will, or should."""
    machine, own = situation.machine, situation.settings.main.port
    site = machine.text(SITE)
    if site is None and any(_is_own(listener) for listener in machine.listeners()):
        yield from in_the_way(machine, [Place(own)])
    elif site is None:
        yield from in_the_way(machine, [Place(port) for port in (own, *TRADITIONAL_PORTS.values())])
    else:
        lines = re.findall(r"^Listen (?:(\S+):)?(\d+)$", site, re.MULTILINE)
        yield from in_the_way(machine, [Place(int(port), address.strip("[]") or None) for address, port in lines])


def in_the_way(machine: Machine, places: Iterable[Place]) -> Iterator[Finding]:
    """What has the places where the APIs are to listen, and is not the APIs.

    Apache is that only when its site is enabled: another site may have the port. A cloud of `cupola up` never is.
    """
    is_enabled = machine.text(SITE) is not None
    taken = {
        (place.port, listener.process): listener
        for place in places
        for listener in machine.listeners()
        if place.is_taken_by(listener) and not (is_enabled and _is_apache(listener)) and not _is_own(listener)
    }
    for (port, process), listener in taken.items():
        yield Finding(
            f"port {port} is taken by {process or 'another program'} on {listener.address}",
            "The APIs listen there; Apache, which cannot have one of its ports, ends with all of its sites.",
            f"End that program (find it: ss -ltnp sport = :{port})",
        )


def tunnel_port(situation: Situation) -> Iterator[Finding]:
    """Nothing else receives what other hosts send through VXLAN."""
    for listener in situation.machine.listeners():
        if listener.protocol == "udp" and listener.port == VXLAN and listener.process:
            yield Finding(
                f"UDP port {VXLAN} is taken by {listener.process}",
                "Tenant networks reach other hosts through it (VXLAN).",
                f"End that program (find it: ss -lunp sport = :{VXLAN})",
            )


def _is_apache(listener: Listener) -> bool:
    return any(name in listener.process for name in ("apache2", "(wsgi:cupola"))


def _is_own(listener: Listener) -> bool:
    """Whether it is cupola-api.service, which ends where Apache comes to serve the APIs."""
    return "cupola api" in listener.process
