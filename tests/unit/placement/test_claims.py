"""Claims: what a scheduler may count on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import pytest

from cupola.base.clock import ManualClock
from cupola.base.context import Cloud, Context, system_context
from cupola.base.db.transaction import Database, Transaction
from cupola.base.db.types import metadata
from cupola.base.ids import SeededIds
from cupola.placement import interface as placement
from cupola.placement.store import providers

T = TypeVar("T")
HOST = {"VCPU": placement.Offer(4, allocation_ratio=2.0), "MEMORY_MB": placement.Offer(1024, reserved=24)}
SMALL = {"VCPU": 2, "MEMORY_MB": 400}


class Room:
    """A database with placement's tables, and hosts in it."""

    def __init__(self, path: Path) -> None:
        clock = ManualClock()
        self.db = Database(f"sqlite:///{path}/placement.db", clock, durable=False)
        metadata.create_all(self.db.engine)
        cloud = Cloud(self.db, clock, SeededIds(1), policy=None, operations=None, wait=clock.pause)  # type: ignore[arg-type]
        self.ctx: Context = system_context(cloud, "req-1")

    def write(self, body: Callable[[Transaction], T]) -> T:
        return self.ctx.transact("test", body)

    def host(self, name: str, offers: Mapping[str, placement.Offer] = HOST, traits: tuple[str, ...] = ()) -> str:
        return self.write(lambda tx: placement.provide_in(tx, self.ctx, name, offers, traits))

    def claim(self, consumer: str, provider: str, resources: Mapping[str, int] = SMALL) -> None:
        self.write(lambda tx: placement.claim_in(tx, self.ctx, consumer, provider, resources, "p", "u"))

    def release(self, consumer: str) -> None:
        self.write(lambda tx: placement.release_in(tx, self.ctx, consumer))

    def candidates(self, resources: Mapping[str, int], traits: tuple[str, ...] = ()) -> list[placement.Candidate]:
        return list(self.ctx.read("test", lambda tx: placement.candidates_in(tx, resources, traits)))

    def held(self, consumer: str) -> dict[str, dict[str, int]]:
        return self.ctx.read("test", lambda tx: placement.claims_in(tx)).get(consumer, {})

    def generation(self, provider: str) -> int:
        found = self.ctx.read("test", lambda tx: providers.find(tx, provider))
        assert found is not None
        return found.generation


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    yield made
    made.db.close()


def test_every_host_is_a_candidate_and_says_what_it_lacks(room: Room) -> None:
    room.host("big", {"VCPU": placement.Offer(64), "MEMORY_MB": placement.Offer(65536)})
    room.host("small", {"VCPU": placement.Offer(1), "MEMORY_MB": placement.Offer(1024)})
    room.host("diskless", {"VCPU": placement.Offer(8)})
    found = {one.name: one for one in room.candidates({"VCPU": 2, "MEMORY_MB": 1500})}
    assert found["big"].fits
    assert found["small"].lacks == {"VCPU": 1, "MEMORY_MB": 476}
    assert found["diskless"].lacks == {"MEMORY_MB": 1500}


def test_a_missing_trait_is_named(room: Room) -> None:
    room.host("plain")
    room.host("fast", traits=("HW_CPU_X86_AVX2",))
    found = {one.name: one.lacks_traits for one in room.candidates(SMALL, ("HW_CPU_X86_AVX2",))}
    assert found == {"plain": {"HW_CPU_X86_AVX2"}, "fast": frozenset()}


def test_a_claim_is_counted_with_ratio_and_reservation(room: Room) -> None:
    host = room.host("one")
    room.claim("server", host)
    [candidate] = room.candidates({})
    assert candidate.inventories["VCPU"].free == 6
    assert candidate.inventories["MEMORY_MB"].free == 600
    assert room.held("server") == {host: SMALL}


def test_claiming_again_finds_the_claim(room: Room) -> None:
    host = room.host("one")
    room.claim("server", host)
    before = room.generation(host), room.db.statistics.rows_written
    room.claim("server", host)
    assert (room.generation(host), room.db.statistics.rows_written) == before


def test_a_first_claim_writes_a_row_per_class_the_provider_and_the_consumer(room: Room) -> None:
    host = room.host("one")
    before = room.db.statistics.rows_written
    room.claim("server", host)
    assert room.db.statistics.rows_written - before == 2 + 1 + 1


def test_more_than_there_is_cannot_be_claimed(room: Room) -> None:
    host = room.host("one")
    room.claim("first", host, {"MEMORY_MB": 600})
    with pytest.raises(placement.CapacityExceeded) as refused:
        room.claim("second", host, {"MEMORY_MB": 500})
    assert (refused.value.asked, refused.value.free) == (500, 400)
    assert room.held("second") == {}


def test_another_claim_on_the_same_host_replaces_the_first(room: Room) -> None:
    host = room.host("one")
    room.claim("server", host, {"MEMORY_MB": 600})
    room.claim("server", host, {"MEMORY_MB": 900})
    assert room.held("server") == {host: {"MEMORY_MB": 900}}


def test_a_server_that_moves_holds_both_hosts_until_one_is_released(room: Room) -> None:
    one, two = room.host("one"), room.host("two")
    room.claim("server", one)
    room.claim("server", two)
    assert room.held("server") == {one: SMALL, two: SMALL}
    room.write(lambda tx: placement.release_in(tx, room.ctx, "server", one))
    assert room.held("server") == {two: SMALL}


def test_releasing_what_is_not_held_is_fine(room: Room) -> None:
    host = room.host("one")
    room.claim("server", host)
    room.release("server")
    room.release("server")
    assert room.held("server") == {}


def test_a_host_that_says_the_same_again_changes_nothing(room: Room) -> None:
    host = room.host("one")
    generation = room.generation(host)
    assert room.host("one") == host
    assert room.generation(host) == generation


def test_totals_follow_the_host_and_ratios_stay_the_operators(room: Room) -> None:
    host = room.host("one")
    room.host("one", {"VCPU": placement.Offer(8, allocation_ratio=1.0), "MEMORY_MB": placement.Offer(2048)})
    [candidate] = room.candidates({})
    assert candidate.provider_id == host
    assert candidate.inventories["VCPU"].inventory.capacity == 16
    assert candidate.inventories["MEMORY_MB"].inventory.capacity == 2024
