"""Host aggregates, and the availability zones that they make of their hosts."""

from __future__ import annotations

from collections.abc import Mapping

from cupola.base.context import Context
from cupola.base.db.transaction import Duplicate, Transaction
from cupola.base.errors import BadInput, Conflict, NotFound
from cupola.base.hosts import registry
from cupola.compute.model.aggregate import ZONE, Aggregate
from cupola.compute.model.service import COMPUTE
from cupola.compute.store import aggregates as store
from cupola.compute.store import servers, services

Found = tuple[Aggregate, list[str]]
"""An aggregate and its hosts."""


class AggregateNotFound(NotFound):
    def __init__(self, aggregate_id: int) -> None:
        super().__init__(f"Aggregate {aggregate_id} could not be found.")


class HostNotFound(NotFound):
    """The host is no compute host, or not in the aggregate."""


class AggregateTaken(Conflict):
    """There is one of this name, or the host is in it already."""


class Unacceptable(BadInput):
    """The aggregate, or the zone of its hosts, cannot change so."""


def listed(ctx: Context) -> list[Found]:
    def read(tx: Transaction) -> list[Found]:
        hosts = store.members(tx)
        return [(one, hosts.get(one.id, [])) for one in store.every(tx)]

    return ctx.read("aggregate.list", read)


def find(ctx: Context, aggregate_id: int) -> Found:
    """Raises AggregateNotFound."""
    return ctx.read("aggregate.show", lambda tx: _find(tx, aggregate_id))


def _find(tx: Transaction, aggregate_id: int) -> Found:
    aggregate = store.find(tx, aggregate_id)
    if aggregate is None:
        raise AggregateNotFound(aggregate_id)
    return aggregate, store.members(tx).get(aggregate_id, [])


def create(ctx: Context, name: str, zone: str | None) -> Aggregate:
    """Raises AggregateTaken."""
    metadata = {} if zone is None else {ZONE: zone}

    def write(tx: Transaction) -> Aggregate:
        try:
            with tx.savepoint():
                return store.insert_aggregate(tx, ctx.ids.uuid(), name, metadata)
        except Duplicate as error:
            raise AggregateTaken(f"Aggregate {name} already exists.") from error

    return ctx.transact("aggregate.create", write)


def update(ctx: Context, aggregate_id: int, name: str | None, metadata: Mapping[str, str | None]) -> Found:
    """Rename it and change some of its metadata (None: away with it); its hosts follow a new zone.

    Raises AggregateNotFound, AggregateTaken or Unacceptable.
    """

    def write(tx: Transaction) -> Found:
        aggregate, hosts = _find(tx, aggregate_id)
        merged = {**aggregate.metadata, **metadata}
        kept = {key: value for key, value in merged.items() if value is not None}
        if kept.get(ZONE) != aggregate.zone:
            _check_zone(tx, aggregate, hosts, kept.get(ZONE))
        try:
            with tx.savepoint():
                changed = store.write(tx, aggregate, name=name or aggregate.name, metadata=kept)
        except Duplicate as error:
            raise AggregateTaken(f"Aggregate {name} already exists.") from error
        _place(tx, hosts)
        return changed, hosts

    return ctx.transact("aggregate.update", write)


def delete(ctx: Context, aggregate_id: int) -> None:
    """Raises AggregateNotFound, or Unacceptable while it has hosts."""

    def write(tx: Transaction) -> None:
        aggregate, hosts = _find(tx, aggregate_id)
        if hosts:
            raise Unacceptable(
                f"Cannot remove host from aggregate {aggregate.id}. Reason: Host aggregate is not empty."
            )
        store.remove(tx, aggregate.id)

    ctx.transact("aggregate.delete", write)


def add_host(ctx: Context, aggregate_id: int, host: str) -> Found:
    """Raises AggregateNotFound, HostNotFound, AggregateTaken or Unacceptable."""

    def write(tx: Transaction) -> Found:
        if services.find(tx, host, COMPUTE) is None:
            raise HostNotFound(f"Compute host {host} could not be found.")
        aggregate, hosts = _find(tx, aggregate_id)
        if host in hosts:
            raise AggregateTaken(f"Aggregate {aggregate_id} already has host {host}.")
        if aggregate.zone is not None:
            _check_zone(tx, aggregate, [host], aggregate.zone)
        store.join(tx, aggregate_id, host)
        _place(tx, [host])
        return aggregate, sorted([*hosts, host])

    return ctx.transact("aggregate.add_host", write)


def remove_host(ctx: Context, aggregate_id: int, host: str) -> Found:
    """Raises AggregateNotFound, HostNotFound or Unacceptable."""

    def write(tx: Transaction) -> Found:
        aggregate, hosts = _find(tx, aggregate_id)
        if host not in hosts:
            raise HostNotFound(f"Aggregate {aggregate_id} has no host {host}.")
        if aggregate.zone is not None:
            _check_no_servers(tx, aggregate, [host])
        store.leave(tx, aggregate_id, host)
        _place(tx, [host])
        return aggregate, [one for one in hosts if one != host]

    return ctx.transact("aggregate.remove_host", write)


def _check_zone(tx: Transaction, aggregate: Aggregate, hosts: list[str], zone: str | None) -> None:
    """A host is in one zone only, and does not change it under its servers."""
    others = _zones(tx, besides=aggregate.id)
    if taken := sorted({others[host] for host in hosts if others.get(host, zone) != zone}):
        raise Unacceptable(
            f"Cannot update aggregate {aggregate.id}. "
            f"Reason: One or more hosts already in availability zone(s) {taken}."
        )
    _check_no_servers(tx, aggregate, hosts)


def _check_no_servers(tx: Transaction, aggregate: Aggregate, hosts: list[str]) -> None:
    busy = servers.on_hosts(tx)
    if any(host in busy for host in hosts):
        raise Unacceptable(
            f"Cannot update aggregate {aggregate.id}. Reason: One or more hosts contain instances in this zone."
        )


def _place(tx: Transaction, hosts: list[str]) -> None:
    """Let hosts be in the zone that their aggregates say, or in the one that all are in without any."""
    zones = _zones(tx)
    placed: dict[str, list[str]] = {}
    for host in hosts:
        placed.setdefault(zones.get(host, registry.DEFAULT_ZONE), []).append(host)
    for zone, names in placed.items():
        registry.set_zone(tx, names, zone)


def _zones(tx: Transaction, besides: int | None = None) -> dict[str, str]:
    """The zone that aggregates make of each host."""
    hosts = store.members(tx)
    return {
        host: one.zone
        for one in store.every(tx)
        if one.zone is not None and one.id != besides
        for host in hosts.get(one.id, [])
    }
