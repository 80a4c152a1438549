"""A host's memory of its documents, and its passes over them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cupola.network.host.drivers.simulated import SimulatedNetwork
from cupola.network.host.errors import ConflictingGeneration, HostError, StaleGeneration
from cupola.network.host.generations import Generations
from cupola.network.host.reconcile import NetworkHost
from cupola.network.host.settings import HostNetwork
from cupola.network.model.wanted import NetworkWanted, RouterPortWanted, RouterWanted

ONE = NetworkWanted("11111111-0000-4000-8000-000000000001", 5)
TWO = NetworkWanted("22222222-0000-4000-8000-000000000001", 5)
ROUTER = RouterWanted(
    "33333333-0000-4000-8000-000000000001",
    5,
    (RouterPortWanted("44444444-0000-4000-8000-000000000001", ONE.network_id, "fa:16:3e:00:00:01", ("10.0.0.1/24",)),),
)


class Machine:
    """What stays when the agent is started anew: the file and the network."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "known.db"
        self.driver = SimulatedNetwork(HostNetwork("ab12", "one", directory))
        self.host = self.start()

    def start(self) -> NetworkHost:
        self.host = NetworkHost(self.driver, Generations(self.file))
        return self.host


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    yield Machine(tmp_path)


def test_an_older_document_is_refused_also_after_a_restart(machine: Machine) -> None:
    machine.host.ensure_network(ONE)
    for host in (machine.host, machine.start()):
        with pytest.raises(StaleGeneration, match=r"4 of network 11111111-.* is older than 5"):
            host.ensure_network(replace(ONE, generation=4))


def test_the_same_document_may_come_again_but_not_with_other_contents(machine: Machine) -> None:
    machine.host.ensure_network(ONE)
    assert machine.host.ensure_network(ONE) == []
    with pytest.raises(ConflictingGeneration):
        machine.host.ensure_network(replace(ONE, mtu=9000))


def test_what_is_gone_cannot_be_brought_back_by_a_late_message(machine: Machine) -> None:
    machine.host.ensure_network(ONE)
    machine.host.network_gone(ONE.network_id, 6)
    for generation in (5, 6):
        with pytest.raises(StaleGeneration):
            machine.start().ensure_network(replace(ONE, generation=generation))
    assert machine.host.ensure_network(replace(ONE, generation=7))


def test_a_removal_older_than_what_is_wanted_is_refused(machine: Machine) -> None:
    machine.host.ensure_network(ONE)
    with pytest.raises(StaleGeneration):
        machine.host.network_gone(ONE.network_id, 4)
    assert machine.host.networks() == [ONE]


def test_a_network_that_left_the_host_may_return_as_it_was(machine: Machine) -> None:
    machine.host.ensure_network(ONE)
    machine.host.network_gone(ONE.network_id)
    assert machine.host.ensure_network(ONE)


def test_a_pass_makes_good_what_was_missed_and_removes_what_is_in_no_document(machine: Machine) -> None:
    machine.host.ensure_network(ONE)
    machine.host.ensure_router(ROUTER)
    machine.driver.ensure_network(TWO)
    machine.driver.damage(lambda layout: replace(layout, links=()))
    assert set(machine.host.differences()) == {
        "host",
        f"network/{ONE.network_id}",
        f"router/{ROUTER.router_id}",
        "network/22222222",
    }
    assert machine.start().reconcile().failures == {}
    assert machine.host.differences() == {}
    assert machine.host.present() == [f"router/{ROUTER.router_id}", f"network/{ONE.network_id}"]


def test_one_failure_does_not_stop_the_others(machine: Machine) -> None:
    machine.host.ensure_network(ONE)
    machine.host.ensure_network(TWO)
    machine.driver.damage(lambda layout: replace(layout, tables=()))
    machine.driver.fail_next("ensure_network", "no memory")
    report = machine.host.reconcile()
    assert report.failures == {f"network/{ONE.network_id}": "no memory"}
    assert set(machine.host.differences()) == {f"network/{ONE.network_id}"}


def test_what_failed_is_wanted_all_the_same(machine: Machine) -> None:
    machine.driver.fail_next("ensure_network", "no memory")
    with pytest.raises(HostError, match="no memory"):
        machine.host.ensure_network(ONE)
    assert machine.host.reconcile().failures == {}
    assert machine.host.differences() == {}
