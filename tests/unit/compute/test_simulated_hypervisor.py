"""The simulated driver beyond the contract: faults to order, time that passes on a clock, no canned text."""

import pytest

from cupola.compute.host.drivers.errors import HypervisorError, NotEmulated
from cupola.compute.host.drivers.simulated import SimulatedHypervisor, VirtualClock
from cupola.compute.host.reconcile import Verb
from cupola.compute.model.machine import MachineSpec

SPEC = MachineSpec("s", "web", "web", 1, 1, 64, 0, None)


def test_it_says_that_consoles_are_not_emulated() -> None:
    hypervisor = SimulatedHypervisor()
    hypervisor.ensure(SPEC)
    with pytest.raises(NotEmulated):
        hypervisor.console_output("s")


def test_a_fault_strikes_once() -> None:
    hypervisor = SimulatedHypervisor()
    hypervisor.fail(Verb.RESUME, HypervisorError("guest resumed", "no reason"))
    with pytest.raises(HypervisorError, match="no reason"):
        hypervisor.ensure(SPEC)
    hypervisor.ensure(SPEC)
    assert hypervisor.observe()["s"].power == "running"


def test_work_takes_time_on_the_given_clock() -> None:
    clock = VirtualClock()
    hypervisor = SimulatedHypervisor(clock=clock, seconds={Verb.START: 2.5})
    effects = hypervisor.ensure(SPEC)
    assert clock.now() == 2.5
    assert [(effect.what, effect.seconds) for effect in effects] == [("start", 2.5), ("resume", 0.0)]


def test_a_guest_that_shuts_itself_down_is_off_at_its_generation() -> None:
    hypervisor = SimulatedHypervisor()
    hypervisor.ensure(SPEC)
    hypervisor.shut_itself_down("s")
    machine = hypervisor.observe()["s"]
    assert (machine.power, machine.generation, machine.reason) == ("shutdown", 1, None)
