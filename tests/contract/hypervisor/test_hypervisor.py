"""What every hypervisor driver promises to a compute host."""

from dataclasses import replace
from uuid import uuid4

import pytest

from cupola.compute.host.drivers.errors import (
    ConflictingSpec,
    HypervisorError,
    StaleGeneration,
    UnknownServer,
)

from .worlds import World, a_spec


class TestExistence:
    def test_an_ensured_server_runs(self, world: World) -> None:
        spec = a_spec()
        effects = world.hypervisor.ensure(spec)
        machine = world.hypervisor.observe()[spec.server_id]
        assert (machine.power, machine.generation) == ("running", 1)
        assert all(effect.what and effect.call and effect.seconds >= 0 for effect in effects)

    def test_ensuring_twice_does_nothing_the_second_time(self, world: World) -> None:
        spec = a_spec(nics=(world.nic(),))
        assert world.hypervisor.ensure(spec)
        before = world.hypervisor.observe()
        assert world.hypervisor.ensure(spec) == []
        assert world.hypervisor.observe() == before

    def test_a_server_wanted_shut_down_exists_and_does_not_run(self, world: World) -> None:
        spec = a_spec(power="shutdown")
        world.hypervisor.ensure(spec)
        assert world.hypervisor.observe()[spec.server_id].power == "shutdown"

    def test_a_restarted_driver_adopts_what_runs(self, world: World) -> None:
        spec = a_spec(nics=(world.nic(),))
        world.hypervisor.ensure(spec)
        before = world.hypervisor.observe()
        hypervisor = world.restart()
        assert hypervisor.observe() == before
        assert hypervisor.ensure(spec) == []

    def test_a_server_ensured_gone_leaves_nothing(self, world: World) -> None:
        spec = a_spec()
        world.hypervisor.ensure(spec)
        assert world.hypervisor.ensure_gone(spec.server_id)
        assert world.hypervisor.observe() == {}
        assert world.leftovers(spec.server_id) == []

    def test_gone_twice_does_nothing_the_second_time(self, world: World) -> None:
        spec = a_spec()
        world.hypervisor.ensure(spec)
        world.hypervisor.ensure_gone(spec.server_id)
        assert world.hypervisor.ensure_gone(spec.server_id) == []

    def test_an_unknown_server_is_gone_already(self, world: World) -> None:
        assert world.hypervisor.ensure_gone(str(uuid4())) == []

    def test_a_restarted_driver_deletes_what_it_did_not_start(self, world: World) -> None:
        spec = a_spec()
        world.hypervisor.ensure(spec)
        world.restart().ensure_gone(spec.server_id)
        assert world.leftovers(spec.server_id) == []


class TestGenerations:
    def test_an_older_generation_is_refused(self, world: World) -> None:
        spec = a_spec(generation=5, power="shutdown")
        world.hypervisor.ensure(spec)
        with pytest.raises(StaleGeneration):
            world.hypervisor.ensure(replace(spec, generation=4, power="running"))
        assert world.hypervisor.observe()[spec.server_id].power == "shutdown"

    def test_one_generation_with_two_contents_is_refused(self, world: World) -> None:
        spec = a_spec(power="shutdown")
        world.hypervisor.ensure(spec)
        with pytest.raises(ConflictingSpec):
            world.hypervisor.ensure(replace(spec, vcpus=2))

    def test_a_late_order_does_not_bring_a_deleted_server_back(self, world: World) -> None:
        spec = a_spec(power="shutdown")
        world.hypervisor.ensure(spec)
        world.hypervisor.ensure_gone(spec.server_id)
        with pytest.raises(StaleGeneration):
            world.restart().ensure(replace(spec, generation=2))
        assert world.hypervisor.observe() == {}

    def test_a_deletion_that_overtakes_its_creation_holds(self, world: World) -> None:
        spec = a_spec(power="shutdown")
        world.hypervisor.ensure_gone(spec.server_id)
        with pytest.raises(StaleGeneration):
            world.hypervisor.ensure(spec)

    def test_a_server_that_left_at_a_generation_may_return_at_a_later_one(self, world: World) -> None:
        spec = a_spec(power="shutdown")
        world.hypervisor.ensure(spec)
        world.hypervisor.ensure_gone(spec.server_id, generation=2)
        with pytest.raises(StaleGeneration):
            world.hypervisor.ensure(replace(spec, generation=2))
        world.hypervisor.ensure(replace(spec, generation=3))
        assert world.hypervisor.observe()[spec.server_id].generation == 3

    def test_a_late_deletion_does_not_hit_a_server_that_returned(self, world: World) -> None:
        spec = a_spec(generation=3, power="shutdown")
        world.hypervisor.ensure(spec)
        with pytest.raises(StaleGeneration):
            world.hypervisor.ensure_gone(spec.server_id, generation=2)
        assert spec.server_id in world.hypervisor.observe()


class TestPower:
    def test_off_and_on(self, world: World) -> None:
        spec = a_spec(nics=(world.nic(),))
        world.hypervisor.ensure(spec)
        world.hypervisor.ensure(replace(spec, generation=2, power="shutdown"))
        machine = world.hypervisor.observe()[spec.server_id]
        assert (machine.power, machine.pid, machine.nics) == ("shutdown", None, ())
        world.hypervisor.ensure(replace(spec, generation=3))
        machine = world.hypervisor.observe()[spec.server_id]
        assert (machine.power, machine.nics) == ("running", (spec.nics[0].port_id,))

    def test_a_crash_is_observed_with_its_reason_and_mended_when_ensured(self, world: World) -> None:
        spec = a_spec()
        world.hypervisor.ensure(spec)
        world.crash(spec.server_id)
        machine = world.restart().observe()[spec.server_id]
        assert (machine.power, machine.pid, machine.generation) == ("crashed", None, 1)
        assert machine.reason
        world.hypervisor.ensure(spec)
        assert world.hypervisor.observe()[spec.server_id].power == "running"

    @pytest.mark.parametrize("hard", [True, False], ids=["hard", "soft"])
    def test_reboot_starts_the_server_anew(self, world: World, hard: bool) -> None:
        spec = a_spec(nics=(world.nic(),))
        world.hypervisor.ensure(spec)
        before = world.hypervisor.observe()[spec.server_id]
        assert world.hypervisor.reboot(spec.server_id, hard)
        after = world.hypervisor.observe()[spec.server_id]
        assert after == replace(before, pid=after.pid)
        assert after.pid != before.pid

    def test_a_server_wanted_shut_down_is_not_rebooted(self, world: World) -> None:
        spec = a_spec(power="shutdown")
        world.hypervisor.ensure(spec)
        with pytest.raises(HypervisorError, match="wanted shutdown"):
            world.hypervisor.reboot(spec.server_id, hard=True)

    def test_an_unknown_server_is_neither_rebooted_nor_read(self, world: World) -> None:
        with pytest.raises(UnknownServer):
            world.hypervisor.reboot(str(uuid4()), hard=True)
        with pytest.raises(UnknownServer):
            world.hypervisor.console_output(str(uuid4()))


class TestDevices:
    def test_interfaces_keep_their_order(self, world: World) -> None:
        nics = (world.nic(), world.nic())
        spec = a_spec(nics=nics)
        world.hypervisor.ensure(spec)
        assert world.hypervisor.observe()[spec.server_id].nics == tuple(nic.port_id for nic in nics)

    def test_an_interface_is_plugged_and_unplugged_while_the_server_runs(self, world: World) -> None:
        spec, nic = a_spec(), world.nic()
        world.hypervisor.ensure(spec)
        pid = world.hypervisor.observe()[spec.server_id].pid
        world.hypervisor.ensure(replace(spec, generation=2, nics=(nic,)))
        assert world.hypervisor.observe()[spec.server_id].nics == (nic.port_id,)
        world.hypervisor.ensure(replace(spec, generation=3))
        machine = world.hypervisor.observe()[spec.server_id]
        assert (machine.nics, machine.pid) == ((), pid)

    def test_a_volume_is_attached_and_detached_while_the_server_runs(self, world: World) -> None:
        spec, volume = a_spec(), world.volume()
        world.hypervisor.ensure(spec)
        world.hypervisor.ensure(replace(spec, generation=2, disks=(volume,)))
        assert world.hypervisor.observe()[spec.server_id].disks == (volume.volume_id,)
        world.hypervisor.ensure(replace(spec, generation=3))
        assert world.hypervisor.observe()[spec.server_id].disks == ()


class TestFailure:
    def test_a_first_start_that_fails_says_why_and_leaves_nothing(self, world: World) -> None:
        world.damage_next_disk()
        spec = a_spec()
        with pytest.raises(HypervisorError, match="damaged") as raised:
            world.hypervisor.ensure(spec)
        assert raised.value.step
        assert any("failed" in effect.result for effect in raised.value.effects)
        assert world.hypervisor.observe() == {}
        assert world.leftovers(spec.server_id) == []
