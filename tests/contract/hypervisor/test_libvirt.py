"""What the libvirt driver promises beyond the contract: what `virsh` shows, whose domains it touches, and how it bears
a libvirtd that goes away.
"""

import os
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from queue import Empty
from xml.etree import ElementTree

import pytest

from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.host.drivers.libvirt.connection import Away
from cupola.compute.host.drivers.libvirt.domain import NAMESPACE
from cupola.compute.model.machine import DiskSpec

from .boot_sector import GREETING
from .test_qemu import console_of, process_of
from .worlds import LibvirtWorld, a_spec

longer = pytest.mark.skipif(
    os.environ.get("CUPOLA_TEST_LIBVIRT") != "all", reason="`make test-full` does it: CUPOLA_TEST_LIBVIRT=all"
)

FOREIGN = """
<domain type='qemu'><name>theirs</name><uuid>{uuid}</uuid><memory unit='MiB'>16</memory>
<os><type arch='x86_64' machine='pc'>hvm</type></os></domain>
"""


class TestVirsh:
    def test_it_lists_servers_by_id_with_their_names(self, libvirt_world: LibvirtWorld) -> None:
        one, two = a_spec(name="web"), a_spec(name="data base", power="shutdown")
        for spec in (one, two):
            libvirt_world.hypervisor.ensure(spec)
        listed = {line.split()[1]: line for line in libvirt_world.server.virsh("list", "--all", "--title").splitlines()}
        assert "running" in listed[one.server_id]
        assert listed[one.server_id].endswith("web")
        assert "shut off" in listed[two.server_id]
        assert listed[two.server_id].endswith("data base")

    def test_its_metadata_shows_the_ids(self, libvirt_world: LibvirtWorld) -> None:
        spec = a_spec(created_request_id="req-77", project_id="p-1", power="shutdown")
        libvirt_world.hypervisor.ensure(spec)
        said = ElementTree.fromstring(libvirt_world.server.virsh("metadata", spec.server_id, NAMESPACE))
        assert {child.tag: child.text for child in said} == {
            "id": spec.server_id,
            "name": "web",
            "project": "p-1",
            "request": "req-77",
            "directory": str(libvirt_world.state),
        }

    @longer
    def test_what_is_defined_follows_what_is_plugged(self, libvirt_world: LibvirtWorld) -> None:
        spec, nic = a_spec(), libvirt_world.nic()
        libvirt_world.hypervisor.ensure(spec)
        libvirt_world.hypervisor.ensure(replace(spec, generation=2, nics=(nic,)))
        assert nic.tap in libvirt_world.server.virsh("domiflist", spec.server_id, "--inactive")

    def test_its_console_is_kept_and_free_for_virsh_console(self, libvirt_world: LibvirtWorld) -> None:
        spec = a_spec()
        libvirt_world.hypervisor.ensure(spec)
        assert GREETING.decode() in console_of(libvirt_world, spec.server_id)
        assert libvirt_world.server.virsh("ttyconsole", spec.server_id).startswith("/dev/pts/")


class TestBehindOurBack:
    def test_a_destroyed_domain_is_told_of_and_started_when_ensured(self, libvirt_world: LibvirtWorld) -> None:
        spec = a_spec()
        libvirt_world.hypervisor.ensure(spec)
        libvirt_world.hypervisor.observe()
        libvirt_world.server.virsh("destroy", spec.server_id)
        assert libvirt_world.ended.get(timeout=5) == spec.server_id
        machine = libvirt_world.hypervisor.observe()[spec.server_id]
        assert (machine.power, machine.reason) == ("shutdown", "somebody destroyed its domain")
        libvirt_world.hypervisor.ensure(spec)
        assert libvirt_world.hypervisor.observe()[spec.server_id].power == "running"

    def test_an_undefined_domain_is_seen_and_defined_again_while_it_runs(self, libvirt_world: LibvirtWorld) -> None:
        spec = a_spec(nics=(libvirt_world.nic(),))
        libvirt_world.hypervisor.ensure(spec)
        before = libvirt_world.hypervisor.observe()
        libvirt_world.server.virsh("undefine", spec.server_id)
        assert libvirt_world.hypervisor.observe()[spec.server_id].undefined
        effects = libvirt_world.hypervisor.ensure(spec)
        assert [effect.what for effect in effects] == ["domain defined"]
        assert libvirt_world.hypervisor.observe() == before

    @longer
    def test_a_domain_that_is_gone_altogether_comes_back_with_its_disk(self, libvirt_world: LibvirtWorld) -> None:
        spec = a_spec(power="shutdown")
        libvirt_world.hypervisor.ensure(spec)
        libvirt_world.hypervisor.ensure(replace(spec, generation=2, power="running"))
        disk = libvirt_world.state / "guests" / spec.server_id / "disk.qcow2"
        before = disk.stat().st_ino
        libvirt_world.server.virsh("destroy", spec.server_id)
        libvirt_world.server.virsh("undefine", spec.server_id)
        machine = libvirt_world.hypervisor.observe()[spec.server_id]
        assert (machine.power, machine.undefined) == ("shutdown", True)
        assert "undefined" in (machine.reason or "")
        libvirt_world.hypervisor.ensure(replace(spec, generation=3, power="running"))
        assert disk.stat().st_ino == before

    def test_a_suspended_domain_is_seen_and_resumed(self, libvirt_world: LibvirtWorld) -> None:
        spec = a_spec()
        libvirt_world.hypervisor.ensure(spec)
        libvirt_world.server.virsh("suspend", spec.server_id)
        assert libvirt_world.hypervisor.observe()[spec.server_id].power == "paused"
        assert [effect.what for effect in libvirt_world.hypervisor.ensure(spec)] == ["guest resumed"]

    @longer
    def test_an_interface_without_its_tap_is_cut_off_until_a_hard_reboot(self, libvirt_world: LibvirtWorld) -> None:
        nic = libvirt_world.nic()
        spec = a_spec(nics=(nic,))
        libvirt_world.hypervisor.ensure(spec)
        assert libvirt_world.hypervisor.observe()[spec.server_id].cut_off == ()
        for words in (("link", "del", nic.tap), ("tuntap", "add", "dev", nic.tap, "mode", "tap")):
            libvirt_world.server.inside("ip", *words)
        assert libvirt_world.hypervisor.observe()[spec.server_id].cut_off == (nic.port_id,)
        libvirt_world.hypervisor.reboot(spec.server_id, hard=True)
        assert libvirt_world.hypervisor.observe()[spec.server_id].cut_off == ()


class TestOthersDomains:
    @pytest.fixture
    def foreign(self, libvirt_world: LibvirtWorld, tmp_path: Path) -> Iterator[str]:
        """The id of a domain that somebody else defined."""
        uuid = a_spec().server_id
        (tmp_path / "domain.xml").write_text(FOREIGN.format(uuid=uuid))
        libvirt_world.server.virsh("define", str(tmp_path / "domain.xml"))
        yield uuid
        libvirt_world.server.virsh("undefine", uuid)

    def test_they_are_not_seen_not_ended_and_not_replaced(self, libvirt_world: LibvirtWorld, foreign: str) -> None:
        before = libvirt_world.server.virsh("dumpxml", foreign)
        assert libvirt_world.hypervisor.observe() == {}
        with pytest.raises(HypervisorError, match="domain theirs of its id that is not ours"):
            libvirt_world.hypervisor.ensure(a_spec(server_id=foreign))
        assert libvirt_world.hypervisor.ensure_gone(foreign) == []
        assert libvirt_world.server.virsh("dumpxml", foreign) == before

    def test_two_clouds_on_one_libvirtd_do_not_see_each_other(self, libvirt_world: LibvirtWorld) -> None:
        other = LibvirtWorld(libvirt_world.server)
        try:
            spec = a_spec(power="shutdown")
            other.hypervisor.ensure(spec)
            assert libvirt_world.hypervisor.observe() == {}
            assert libvirt_world.hypervisor.ensure_gone(spec.server_id) == []
            assert spec.server_id in other.hypervisor.observe()
        finally:
            other.close()


class TestLibvirtd:
    """libvirtd itself goes, and comes back."""

    @pytest.fixture
    def back(self, libvirt_world: LibvirtWorld) -> Iterator[None]:
        """libvirtd is there again afterwards, for the other tests."""
        yield
        libvirt_world.server.stop()
        libvirt_world.server.start()

    def test_guests_go_on_without_it_and_the_driver_with_a_new_one(self, libvirt_world: LibvirtWorld) -> None:
        spec = a_spec(nics=(libvirt_world.nic(),))
        libvirt_world.hypervisor.ensure(spec)
        before = libvirt_world.hypervisor.observe()
        for leave in (libvirt_world.server.stop, libvirt_world.server.kill):
            leave()
            libvirt_world.server.start()
            assert libvirt_world.hypervisor.observe() == before
            assert libvirt_world.hypervisor.ensure(spec) == []

    @pytest.mark.usefixtures("back")
    def test_while_it_is_away_that_is_said(self, libvirt_world: LibvirtWorld) -> None:
        spec = a_spec()
        libvirt_world.hypervisor.ensure(spec)
        process = process_of(libvirt_world, spec.server_id)
        libvirt_world.server.stop()
        for call in (
            libvirt_world.hypervisor.observe,
            lambda: libvirt_world.hypervisor.ensure(spec),
            lambda: libvirt_world.hypervisor.reboot(spec.server_id, hard=True),
            lambda: libvirt_world.hypervisor.ensure_gone(spec.server_id, generation=1),
        ):
            with pytest.raises(Away, match="libvirtd does not answer at qemu:///system"):
                call()
        assert libvirt_world.hypervisor.describe().type == "QEMU"
        assert process.exists()
        libvirt_world.server.start()

    def test_an_end_that_came_while_it_was_away_is_told_when_it_is_back(self, libvirt_world: LibvirtWorld) -> None:
        spec = a_spec()
        libvirt_world.hypervisor.ensure(spec)
        process = process_of(libvirt_world, spec.server_id)
        libvirt_world.server.kill()
        subprocess.run(["kill", "-KILL", process.name], check=True)
        with pytest.raises(Empty):
            libvirt_world.ended.get(timeout=0.3)
        libvirt_world.server.start()
        assert libvirt_world.ended.get(timeout=20) == spec.server_id  # nobody asked for anything meanwhile
        assert libvirt_world.hypervisor.observe()[spec.server_id].power == "crashed"


class TestConfinement:
    def test_each_guest_has_a_user_of_its_own_and_no_privilege(self, libvirt_world: LibvirtWorld) -> None:
        users = set()
        for spec in (a_spec(config_drive={"openstack/latest/meta_data.json": b"{}"}), a_spec()):
            libvirt_world.hypervisor.ensure(spec)
            process = process_of(libvirt_world, spec.server_id)
            lines = (process / "status").read_text().splitlines()
            status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
            assert (status["NoNewPrivs"], status["Seccomp"], int(status["CapEff"], 16)) == ("1", "2", 0)
            disk = libvirt_world.state / "guests" / spec.server_id / "disk.qcow2"
            assert set(status["Uid"].split()) == {str(disk.stat().st_uid)}
            users.add(disk.stat().st_uid)
        assert len(users) == 2

    @longer
    def test_libvirt_gives_nobody_the_images(self, libvirt_world: LibvirtWorld) -> None:
        spec = a_spec()
        libvirt_world.hypervisor.ensure(spec)
        assert spec.image is not None
        image = libvirt_world.state / "images" / spec.image.image_id
        libvirt_world.hypervisor.ensure(replace(spec, generation=2, power="shutdown"))
        assert (image.stat().st_uid, stat.S_IMODE(image.stat().st_mode)) == (0, 0o644)

    @longer
    def test_other_users_can_read_neither_disk_nor_spec_nor_console(self, libvirt_world: LibvirtWorld) -> None:
        spec = a_spec(config_drive={"openstack/latest/meta_data.json": b"{}"})
        libvirt_world.hypervisor.ensure(spec)
        guest = libvirt_world.state / "guests" / spec.server_id
        files = [path for path in guest.rglob("*") if not path.is_dir()]
        assert {path.name for path in files} >= {"disk.qcow2", "config.iso", "spec.json", "console.log"}
        assert [path.name for path in files if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)] == []


class TestErrors:
    @longer
    def test_a_failed_start_shows_what_libvirt_said(self, libvirt_world: LibvirtWorld) -> None:
        spec = a_spec(vcpus=4096)
        with pytest.raises(HypervisorError, match="limit 255"):
            libvirt_world.hypervisor.ensure(spec)
        assert libvirt_world.leftovers(spec.server_id) == []

    def test_a_missing_tap_is_named(self, libvirt_world: LibvirtWorld) -> None:
        nic = replace(libvirt_world.nic(), tap="tap-missing")
        spec = a_spec(nics=(nic,))
        with pytest.raises(HypervisorError, match="tap-missing"):
            libvirt_world.hypervisor.ensure(spec)
        assert libvirt_world.leftovers(spec.server_id) == []

    @longer
    def test_a_later_failure_keeps_the_server_and_its_disk(self, libvirt_world: LibvirtWorld) -> None:
        spec = a_spec()
        libvirt_world.hypervisor.ensure(spec)
        with pytest.raises(HypervisorError, match="/nowhere"):
            libvirt_world.hypervisor.ensure(replace(spec, generation=2, disks=(DiskSpec("v", "/nowhere"),)))
        machine = libvirt_world.hypervisor.observe()[spec.server_id]
        assert (machine.power, machine.generation) == ("running", 1)

    @longer
    def test_a_guest_that_ignores_the_power_button_is_ended_at_the_limit(self, libvirt_world: LibvirtWorld) -> None:
        spec = libvirt_world.a_spec_with_image(bytes(1 << 20))
        libvirt_world.restart(shutdown_limit=0.6)
        libvirt_world.hypervisor.ensure(spec)
        effects = libvirt_world.hypervisor.ensure(replace(spec, generation=2, power="shutdown"))
        assert [effect.result for effect in effects] == ["no reaction to 2 key presses in 0.6 s: destroyed"]

    @longer
    def test_a_guest_that_keeps_an_interface_is_reported(self, libvirt_world: LibvirtWorld) -> None:
        spec = libvirt_world.a_spec_with_image(bytes(1 << 20), nics=(libvirt_world.nic(),))
        libvirt_world.restart(unplug_limit=0.3)
        libvirt_world.hypervisor.ensure(spec)
        for _ in range(2):
            with pytest.raises(HypervisorError, match="did not let go"):
                libvirt_world.hypervisor.ensure(replace(spec, generation=2, nics=()))
        assert libvirt_world.hypervisor.observe()[spec.server_id].generation == 1

    def test_another_machines_libvirtd_is_refused(self, libvirt_world: LibvirtWorld) -> None:
        with pytest.raises(HypervisorError, match="not the system's libvirtd on this machine"):
            libvirt_world.restart(uri="qemu+ssh://elsewhere/system")
        libvirt_world.hypervisor = libvirt_world._new()


@longer
def test_an_interrupted_start_is_finished_by_the_next_driver(libvirt_world: LibvirtWorld) -> None:
    spec = a_spec(nics=(libvirt_world.nic(),))
    libvirt_world.hypervisor.ensure(spec)
    guest = libvirt_world.state / "guests" / spec.server_id
    (guest / "reached").unlink()
    libvirt_world.server.virsh("suspend", spec.server_id)  # as it was before its first instruction
    hypervisor = libvirt_world.restart()
    assert hypervisor.observe()[spec.server_id].generation == 0
    hypervisor.ensure(spec)
    machine = hypervisor.observe()[spec.server_id]
    assert (machine.power, machine.generation) == ("running", 1)


def test_the_host_says_how_it_runs_guests(libvirt_world: LibvirtWorld) -> None:
    facts = libvirt_world.hypervisor.describe()
    assert (facts.type, facts.accelerator, facts.why) == ("QEMU", "qemu", "set by configuration")
    assert facts.limits.startswith("libvirt ")
    assert "dac" in facts.limits
