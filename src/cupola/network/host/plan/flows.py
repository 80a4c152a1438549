"""Which established flows must end when the rules of a network change: what was allowed once stays open otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from cupola.network.host.changes.change import Change
from cupola.network.host.plan.rules import rule_text
from cupola.network.host.settings import HostNetwork
from cupola.network.model.wanted import NetworkWanted, PortWanted


def lost_flows(before: NetworkWanted | None, now: NetworkWanted, host: HostNetwork, zone: int) -> list[Change]:
    """Flows to end in the network's zone, for every port that may do less than before or is gone.

    With `before` unknown, any port may have lost something.
    """
    ports = {port.port_id: port for port in now.ports}
    earlier = {port.port_id: port for port in before.ports} if before else ports
    changes: list[Change] = []
    for port_id, old in earlier.items():
        new = ports.get(port_id)
        if before is None or new is None or _allowed(old, before) - _allowed(new, now):
            changes += _flows(old, host, zone)
    return changes


def _allowed(port: PortWanted, doc: NetworkWanted) -> set[tuple[str, str]]:
    """All that the port may do and be, in a form of which the difference says what is lost."""
    if not port.port_security:
        return {("everything", "")} | _addresses(port) | set(_rules(port, doc))
    return _addresses(port) | set(_rules(port, doc))


def _addresses(port: PortWanted) -> set[tuple[str, str]]:
    own = {fixed.address for fixed in port.fixed_ips} | {pair.ip_address for pair in port.allowed_address_pairs}
    return {("address", each) for each in own}


def _rules(port: PortWanted, doc: NetworkWanted) -> Iterator[tuple[str, str]]:
    for rule in port.rules:
        if rule.remote_group_id:
            yield from ((rule_text(rule), member) for member in doc.remote_groups.get(rule.remote_group_id, ()))
        else:
            yield rule_text(rule), ""


def _flows(port: PortWanted, host: HostNetwork, zone: int) -> Iterator[Change]:
    for _, address in sorted(_addresses(port)):
        family = ("-f", "ipv6") if ":" in address else ()
        for side in ("-s", "-d"):
            what = f"flows of port {port.port_id} must be judged anew"
            yield Change(what, "conntrack", host.namespace, ("-D", "-w", str(zone), *family, side, address))
