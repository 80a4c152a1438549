"""What databases could take differently: claims that race for the last unit, and every table written once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from cupola.base.clock import SystemClock
from cupola.base.context import Cloud, Context, system_context
from cupola.base.db.transaction import Database, Transaction
from cupola.base.db.types import metadata
from cupola.base.ids import RandomIds
from cupola.placement import interface as placement
from cupola.placement.logic import features, names, providers, usages
from cupola.placement.logic.allocation_candidates import search
from cupola.placement.model.request import CandidatesRequest, Group
from cupola.placement.store import providers as store

AGGREGATE = "6c7bb7d5-4f2a-4c4b-8f4f-0a7c1d1b9c11"


@pytest.fixture
def ctx(database_url: str) -> Iterator[Context]:
    clock = SystemClock()
    db = Database(database_url, clock, durable=False)
    metadata.create_all(db.engine)
    cloud = Cloud(db, clock, RandomIds(), policy=None, operations=None, wait=clock.pause)  # type: ignore[arg-type]
    yield system_context(cloud, "req-1")
    db.close()


def host(ctx: Context, name: str, **offers: int) -> str:
    wanted = {kind: placement.Offer(total) for kind, total in offers.items()}
    return ctx.transact("host", lambda tx: placement.provide_in(tx, ctx, name, wanted))


def claim(ctx: Context, consumer: str, provider: str, **resources: int) -> bool:
    def body(tx: Transaction) -> None:
        placement.claim_in(tx, ctx, consumer, provider, resources, "blue", "alice-id")

    try:
        ctx.transact("claim", body)
    except placement.CapacityExceeded:
        return False
    return True


def test_of_those_who_race_for_the_last_units_as_many_win_as_there_are(ctx: Context) -> None:
    provider = host(ctx, "one", VCPU=5, MEMORY_MB=1024)
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda number: claim(ctx, f"server-{number}", provider, VCPU=1, MEMORY_MB=64), range(12)))
    assert won.count(True) == 5
    assert ctx.read("test", placement.usages_in) == {provider: {"VCPU": 5, "MEMORY_MB": 320}}


def test_one_claim_made_twice_at_once_counts_once(ctx: Context) -> None:
    provider = host(ctx, "one", VCPU=8)
    with ThreadPoolExecutor(2) as pool:
        won = list(pool.map(lambda _: claim(ctx, "server", provider, VCPU=2), range(2)))
    assert won == [True, True]
    assert ctx.read("test", placement.usages_in) == {provider: {"VCPU": 2}}


def test_every_kind_of_row_comes_back_as_it_was_written(ctx: Context) -> None:
    one = host(ctx, "one", VCPU=8)
    child = providers.create(ctx, "child", ctx.ids.uuid(), one)
    names.make_trait(ctx, "CUSTOM_GOLD")
    names.make_class(ctx, "CUSTOM_IRON")
    features.set_traits(ctx, child.id, ["CUSTOM_GOLD"], None)
    features.set_aggregates(ctx, one, [AGGREGATE], None)
    claim(ctx, "server", one, VCPU=2)
    wanted = Group(granular=False, resources={"VCPU": 1}, member_of=[frozenset((AGGREGATE,))])
    assert [way.amounts for way in search(ctx, CandidatesRequest({"": wanted})).ways] == [{one: {"VCPU": 1}}]
    [used] = usages.of_project(ctx, "blue", "alice-id")
    assert (used.type, used.resource_class, used.used) == ("INSTANCE", "VCPU", 2)
    assert ctx.read("test", lambda tx: store.traits_of(tx)) == {child.id: {"CUSTOM_GOLD"}}
    assert providers.update(ctx, child.id, "leaf", None, may_move=True).root_id == child.id
    ctx.transact("test", lambda tx: placement.release_in(tx, ctx, "server"))
    providers.delete(ctx, child.id)
    assert [one.name for one in providers.listed(ctx, providers.ProviderFilter())] == ["one"]
