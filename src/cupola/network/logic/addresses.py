"""Which addresses a port gets.

A free address is looked for at a place that follows from the port's id, so that ports made at the same time seldom want
the same one; the row of the address is unique, and who comes second looks again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice

from cupola.base.db.transaction import Transaction
from cupola.network.errors import (
    InvalidInput,
    InvalidIpForNetwork,
    InvalidIpForSubnet,
    IpAddressAlreadyAllocated,
    IpAddressGenerationFailure,
    SubnetNotFound,
)
from cupola.network.model.port import FixedIp
from cupola.network.model.subnet import Subnet, automatic_address
from cupola.network.store import subnets as store

_GLANCES = 16
"""Places to look at before all addresses of a subnet are read."""


def choose(
    tx: Transaction,
    network_id: str,
    of_network: Sequence[Subnet],
    port_id: str,
    mac: str,
    wanted: Sequence[Mapping[str, str]] | None,
    kept: Sequence[FixedIp] = (),
    automatic: bool = False,
) -> list[FixedIp]:
    """The addresses for a port. `wanted` None: one of each IP version that the network has; `kept` it has already.

    With `automatic` it also gets the addresses that it makes for itself.

    Raises InvalidIpForNetwork, InvalidIpForSubnet, IpAddressAlreadyAllocated, IpAddressGenerationFailure.
    """
    if wanted is None:
        return _unasked(tx, network_id, of_network, port_id, mac)
    chosen: list[FixedIp] = []
    others = {each["ip_address"] for each in wanted if "ip_address" in each}
    for each in wanted:
        chosen.append(_asked(tx, network_id, of_network, port_id, mac, each, {*kept}, others))
        others.add(chosen[-1].ip_address)
    if automatic:
        asked_for = {fixed.subnet_id for fixed in chosen}
        own = [each for each in of_network if each.automatic and each.id not in asked_for]
        chosen += [FixedIp(each.id, automatic_address(each.cidr, mac)) for each in own]
    if len({(fixed.subnet_id, fixed.ip_address) for fixed in chosen}) < len(chosen):
        raise InvalidInput("Duplicate IP address in fixed_ips")
    return chosen


def _unasked(tx: Transaction, network_id: str, of_network: Sequence[Subnet], port_id: str, mac: str) -> list[FixedIp]:
    chosen = [FixedIp(each.id, automatic_address(each.cidr, mac)) for each in of_network if each.automatic]
    for version in (4, 6):
        candidates = [each for each in of_network if each.ip_version == version and not each.automatic]
        if not candidates:
            continue
        found = next((fixed for each in candidates if (fixed := _free(tx, each, port_id))), None)
        if found is None:
            raise IpAddressGenerationFailure(network_id)
        chosen.append(found)
    return sorted(chosen, key=lambda fixed: ":" in fixed.ip_address)


def _asked(
    tx: Transaction,
    network_id: str,
    of_network: Sequence[Subnet],
    port_id: str,
    mac: str,
    wanted: Mapping[str, str],
    kept: set[FixedIp],
    others: set[str],
) -> FixedIp:
    """The address for one wish; one that was only asked for by its subnet is none of the `others` of the port."""
    address, subnet_id = wanted.get("ip_address"), wanted.get("subnet_id")
    if subnet_id is not None:
        subnet = next((each for each in of_network if each.id == subnet_id), None)
        if subnet is None:
            _refuse_foreign(tx, network_id, subnet_id)
    else:
        subnet = next((each for each in of_network if address and each.holds(address)), None)
    if subnet is None:
        raise InvalidIpForNetwork(str(address))
    if address is None:
        again = [fixed for fixed in kept if fixed.subnet_id == subnet.id and fixed.ip_address not in others]
        if again:
            return min(again, key=str)
        if subnet.automatic:
            return FixedIp(subnet.id, automatic_address(subnet.cidr, mac))
        fixed = _free(tx, subnet, port_id, others)
        if fixed is None:
            raise IpAddressGenerationFailure(network_id)
        return fixed
    if not subnet.holds(address):
        raise InvalidIpForSubnet(address)
    fixed = FixedIp(subnet.id, address)
    if fixed not in kept and store.taken(tx, subnet.id, [address]):
        raise IpAddressAlreadyAllocated(address, subnet.id)
    return fixed


def _refuse_foreign(tx: Transaction, network_id: str, subnet_id: str) -> None:
    if store.by_id(tx, subnet_id) is None:
        raise SubnetNotFound(subnet_id)
    raise InvalidInput(
        f"Failed to create port on network {network_id}, because fixed_ips included invalid subnet {subnet_id}"
    )


def _free(tx: Transaction, subnet: Subnet, port_id: str, others: Collection[str] = ()) -> FixedIp | None:
    """A free address of the subnet's pools that is none of `others`; None when there is none."""
    size = sum(last - first + 1 for first, last in subnet.pools())
    if not size:
        return None
    start = int.from_bytes(hashlib.sha256(f"{port_id} {subnet.id}".encode()).digest()[:16])
    glances = [subnet.address(_nth(subnet, (start + step) % size)) for step in range(min(_GLANCES, size))]
    taken = store.taken(tx, subnet.id, glances).union(others)
    free = next((each for each in glances if each not in taken), None)
    if free is None and size > len(glances):
        taken = store.taken(tx, subnet.id).union(others)
        free = next((each for each in islice(_all(subnet), len(taken) + 1) if each not in taken), None)
    return FixedIp(subnet.id, free) if free else None


def _nth(subnet: Subnet, index: int) -> int:
    for first, last in subnet.pools():
        if index <= last - first:
            return first + index
        index -= last - first + 1
    raise IndexError(index)


def _all(subnet: Subnet) -> Iterator[str]:
    for first, last in subnet.pools():
        for number in range(first, last + 1):
            yield subnet.address(number)
