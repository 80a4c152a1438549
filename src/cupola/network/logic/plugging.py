"""Making a port as such: its MAC, its addresses, its row. Policy and quota are the caller's."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from cupola.base.context import Context
from cupola.base.db import rows
from cupola.base.db.transaction import Duplicate, Transaction
from cupola.base.errors import StaleWrite
from cupola.network.errors import MacAddressInUse
from cupola.network.logic.addresses import choose
from cupola.network.model.network import Network
from cupola.network.model.port import DOWN, FixedIp, Port, PortDetail
from cupola.network.model.subnet import Subnet
from cupola.network.store import ports as store
from cupola.network.store import subnets
from cupola.network.store.tables import ports


def add_port(
    tx: Transaction,
    ctx: Context,
    network: Network,
    of_network: Sequence[Subnet],
    project_id: str,
    fixed_ips: Sequence[Mapping[str, str]] | None = None,
    security_group_ids: Sequence[str] = (),
    **columns: Any,
) -> PortDetail:
    """Make a port with addresses (`choose`) and groups; `columns` are those that are not as usual.

    Raises MacAddressInUse, and what `choose` raises.
    """
    id_ = ctx.ids.uuid()
    mac = columns.pop("mac_address", None)
    if mac is not None and store.mac_taken(tx, network.id, mac):
        raise MacAddressInUse(network.id, mac)
    values: dict[str, Any] = {
        "name": "",
        "description": "",
        "admin_state_up": True,
        "status": DOWN,
        "device_id": "",
        "device_owner": "",
        "device_index": 0,
        "plugged": False,
        "made_for": None,
        "host": None,
        "vnic_type": "normal",
        "profile": {},
        "port_security_enabled": network.port_security_enabled,
        "allowed_address_pairs": [],
        **columns,
    }
    port = Port(
        id=id_,
        generation=1,
        project_id=project_id,
        created_at=tx.now,
        updated_at=tx.now,
        network_id=network.id,
        mac_address=mac or made_mac(id_),
        **values,
    )
    chosen: list[FixedIp] = choose(
        tx, network.id, of_network, id_, port.mac_address, fixed_ips, automatic=not port.of_network
    )
    try:
        rows.add(tx, ports, port)
    except Duplicate as error:
        raise StaleWrite("MAC address", port.mac_address) from error
    subnets.give(tx, id_, chosen)
    store.bind_groups(tx, id_, security_group_ids)
    groups = tuple(sorted(set(security_group_ids)))
    return PortDetail(port, tuple(chosen), groups, (), network.project_id, network.shared)


def made_mac(port_id: str) -> str:
    """A MAC address that follows from the port's id, in the range that clouds use."""
    digest = hashlib.sha256(port_id.encode()).digest()
    return "fa:16:3e:" + ":".join(f"{octet:02x}" for octet in digest[:3])
