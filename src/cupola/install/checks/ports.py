"""Ports that parts of a cloud listen on."""

from __future__ import annotations

from collections.abc import Iterator

from cupola.install.checks.finding import Finding, Situation
from cupola.install.machine import Listener

VXLAN = 4789


def ports(situation: Situation) -> Iterator[Finding]:
    """Nothing else listens where the APIs will."""
    port = situation.settings.main.port
    for listener in situation.machine.listeners():
        if listener.protocol == "tcp" and listener.port == port and not _ours(listener):
            yield Finding(
                f"port {port} is taken by {listener.process or 'another program'} on {listener.address}",
                "The APIs listen there.",
                f"End that program (find it: ss -ltnp sport = :{port}), or set [DEFAULT] port in {situation.config}",
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


def _ours(listener: Listener) -> bool:
    """Whether it is the cloud itself that listens, being installed already."""
    return "cupola" in listener.process or "apache2" in listener.process
