"""Networks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy import update as sql_update

from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.network.model.network import Network, NetworkDetail
from cupola.network.model.port import DHCP
from cupola.network.model.query import Query
from cupola.network.store.listing import gathered, listed
from cupola.network.store.tables import networks, ports, subnets
from cupola.network.store.tags import tags_of


def by_id(tx: Transaction, id_: str, lock: bool = False) -> Network | None:
    return rows.by_id(tx, Network, networks, id_, lock)


def by_ids(tx: Transaction, ids: Iterable[str]) -> dict[str, Network]:
    found = rows.many(tx, Network, select(networks).where(networks.c.id.in_(sorted(set(ids)))))
    return {network.id: network for network in found}


def unchanged(tx: Transaction, host: str, known: Mapping[str, int]) -> list[str]:
    """Which of the networks have the generation that is known, and a port on the host."""
    there = exists().where(ports.c.network_id == networks.c.id, ports.c.host == host)
    query = select(networks.c.id, networks.c.generation).where(networks.c.id.in_(sorted(known)), there)
    return [row["id"] for row in tx.all(query) if row["generation"] == known[row["id"]]]


def page(tx: Transaction, project_id: str | None, query: Query) -> list[Network]:
    """Networks that a project sees: its own, the shared and the external ones. None: all there are."""
    seen = [] if project_id is None else [visible_to(project_id)]
    return [Network(**row) for row in listed(tx, networks, query, *seen)]


def visible_to(project_id: str) -> ColumnElement[bool]:
    return or_(networks.c.project_id == project_id, networks.c.shared.is_(True), networks.c.external.is_(True))


def available_to(tx: Transaction, project_id: str) -> list[Network]:
    """Networks that a server of the project may be put on unasked: its own, else the shared ones; none external."""
    query = select(networks).where(
        or_(networks.c.project_id == project_id, networks.c.shared.is_(True)), networks.c.external.is_(False)
    )
    found = rows.many(tx, Network, query.order_by(networks.c.created_at, networks.c.id))
    return [network for network in found if network.project_id == project_id] or found


def details(tx: Transaction, found: Sequence[Network]) -> list[NetworkDetail]:
    ids = [network.id for network in found]
    of_network = gathered(tx, subnets, "network_id", "id", ids)
    tags = tags_of(tx, ids)
    served = select(ports.c.network_id).where(
        ports.c.network_id.in_(ids), ports.c.device_owner == DHCP, ports.c.host.is_not(None)
    )
    with_dhcp = {row["network_id"] for row in tx.all(served)} if ids else set()
    return [
        NetworkDetail(each, of_network.get(each.id, ()), tags.get(each.id, ()), each.id in with_dhcp) for each in found
    ]


def vni_taken(tx: Transaction, network_type: str, vnis: Sequence[int]) -> set[int]:
    """Which of `vnis` other networks have."""
    query = select(networks.c.segmentation_id).where(
        networks.c.network_type == network_type, networks.c.segmentation_id.in_(vnis)
    )
    return {row["segmentation_id"] for row in tx.all(query)}


def hold(tx: Transaction, ids: Iterable[str]) -> None:
    """Let nobody else bring a port of the networks to a host, or take one away, until the transaction ends."""
    if tx.locks_rows:
        held = select(networks.c.id).where(networks.c.id.in_(sorted(set(ids)))).order_by(networks.c.id)
        tx.all(held.with_for_update(key_share=True))


def bump(tx: Transaction, ids: Iterable[str]) -> None:
    """Another generation of what hosts are told of these networks."""
    chosen = networks.c.id.in_(sorted(set(ids)))
    tx.execute(sql_update(networks).where(chosen).values(generation=networks.c.generation + 1))


def revise(tx: Transaction, id_: str) -> None:
    """Note that a user changed what belongs to the network; nobody else does so until the transaction ends."""
    tx.execute(
        sql_update(networks).where(networks.c.id == id_).values(revision=networks.c.revision + 1, updated_at=tx.now)
    )
