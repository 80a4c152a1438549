"""What the QEMU driver promises beyond the contract: confinement, the guest's console, errors in QEMU's words."""

import os
import stat
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from cupola.compute.host.drivers.confinement import GUEST_USERS
from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.host.drivers.qemu import Confinement, QemuHypervisor, QemuSettings
from cupola.compute.model.machine import DiskSpec

from .boot_sector import GREETING
from .worlds import UNPRIVILEGED, QemuWorld, RealWorld, a_spec


def console_of(world: RealWorld, server_id: str) -> str:
    """Return the console once the guest has printed, or what there is after ten seconds."""
    end = time.monotonic() + 10
    while GREETING.decode() not in (text := world.hypervisor.console_output(server_id)) and time.monotonic() < end:
        time.sleep(0.05)
    return text


def process_of(world: RealWorld, server_id: str) -> Path:
    return Path(f"/proc/{world.hypervisor.observe()[server_id].pid}")


class TestConsole:
    def test_it_shows_what_the_serial_port_printed(self, qemu_world: QemuWorld) -> None:
        spec = a_spec()
        qemu_world.hypervisor.ensure(spec)
        assert GREETING.decode() in console_of(qemu_world, spec.server_id)
        assert qemu_world.hypervisor.console_output(spec.server_id, lines=1) == GREETING.decode()

    def test_a_link_in_place_of_the_console_is_not_followed(self, qemu_world: QemuWorld) -> None:
        spec = a_spec()
        qemu_world.hypervisor.ensure(spec)
        console = qemu_world.state / "guests" / spec.server_id / "run" / "console.log"
        console.unlink()
        console.symlink_to("/etc/shadow")
        assert qemu_world.hypervisor.console_output(spec.server_id) == ""


class TestConfinement:
    def test_the_process_is_nobodys_child_in_a_session_of_its_own(self, qemu_world: QemuWorld) -> None:
        spec = a_spec()
        qemu_world.hypervisor.ensure(spec)
        pid = int(process_of(qemu_world, spec.server_id).name)
        assert os.getsid(pid) != os.getsid(0)
        assert f"\nPPid:\t{os.getpid()}\n" not in Path(f"/proc/{pid}/status").read_text()

    def test_it_has_its_user_its_namespace_and_its_sandbox(self, qemu_world: QemuWorld) -> None:
        spec = a_spec()
        qemu_world.hypervisor.ensure(spec)
        process = process_of(qemu_world, spec.server_id)
        status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines() if ":\t" in line)
        assert set(status["Uid"].split() + status["Gid"].split()) == {str(UNPRIVILEGED)}
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
        assert int(status["CapEff"], 16) == 0
        namespace = Path("/run/netns", qemu_world.netns)
        assert (process / "ns/net").stat().st_ino == namespace.stat().st_ino

    def test_each_guest_has_a_user_of_its_own(self, qemu_world: QemuWorld) -> None:
        confinement = Confinement(uid=UNPRIVILEGED, netns=qemu_world.netns, apart=True)
        hypervisor = qemu_world.restart(confinement=confinement)
        specs = [a_spec(config_drive={"openstack/latest/meta_data.json": b"{}"}) for _ in range(2)]
        users = set()
        for spec in specs:
            hypervisor.ensure(spec)
            guest = qemu_world.state / "guests" / spec.server_id
            owners = {path.stat().st_uid for path in (guest / "disk.qcow2", guest / "config.iso", guest / "run")}
            owners.add(process_of(qemu_world, spec.server_id).stat().st_uid)
            (user,) = owners
            users.add(user)
        assert len(users) == 2
        assert users <= set(GUEST_USERS)

    def test_a_guest_is_given_its_disks_when_its_user_changes(self, qemu_world: QemuWorld) -> None:
        spec = a_spec()
        qemu_world.hypervisor.ensure(spec)
        confinement = Confinement(uid=UNPRIVILEGED, netns=qemu_world.netns, apart=True)
        hypervisor = qemu_world.restart(confinement=confinement)
        hypervisor.reboot(spec.server_id, hard=True)
        assert hypervisor.observe()[spec.server_id].power == "running"

    def test_its_name_shows_the_server_and_the_request(self, qemu_world: QemuWorld) -> None:
        spec = a_spec(created_request_id="req-77")
        qemu_world.hypervisor.ensure(spec)
        arguments = (process_of(qemu_world, spec.server_id) / "cmdline").read_bytes().split(b"\0")
        assert f"guest={spec.server_id} req-77,debug-threads=on".encode() in arguments

    def test_other_users_can_read_neither_disk_nor_spec_nor_reach_the_monitor(self, qemu_world: QemuWorld) -> None:
        spec = a_spec(config_drive={"openstack/latest/meta_data.json": b"{}"})
        qemu_world.hypervisor.ensure(spec)
        guest = qemu_world.state / "guests" / spec.server_id
        files = [path for path in guest.rglob("*") if not path.is_dir()]
        assert {path.name for path in files} >= {"disk.qcow2", "config.iso", "spec.json", "qmp", "console.log"}
        assert [path.name for path in files if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)] == []

    def test_a_state_directory_its_user_cannot_reach_is_refused(self, qemu_world: QemuWorld, tmp_path: Path) -> None:
        tmp_path.chmod(0o700)
        settings = QemuSettings(tmp_path / "state", Confinement(uid=UNPRIVILEGED), accelerator="qemu")
        with pytest.raises(HypervisorError, match=f"cannot pass through {tmp_path}"):
            QemuHypervisor(settings, images=qemu_world)


def a_qcow2_of(size: str, scratch: Path) -> bytes:
    """Return an empty qcow2 image of this virtual size."""
    image = scratch / "image"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", image, size], check=True)
    return image.read_bytes()


def an_overlay_on(path: str, scratch: Path) -> bytes:
    """Return a qcow2 image whose backing file is `path`."""
    overlay = scratch / "overlay"
    subprocess.run(
        ["qemu-img", "create", "-q", "-f", "qcow2", "-u", "-b", path, "-F", "raw", overlay, "1M"], check=True
    )
    return overlay.read_bytes()


class TestDisks:
    def test_the_root_disk_has_the_flavors_size(self, qemu_world: QemuWorld) -> None:
        spec = a_spec(disk_gb=2)
        qemu_world.hypervisor.ensure(spec)
        disk = qemu_world.state / "guests" / spec.server_id / "disk.qcow2"
        assert int.from_bytes(disk.read_bytes()[24:32]) == 2 << 30

    def test_a_disk_grows_with_its_flavor_at_the_next_start(self, qemu_world: QemuWorld) -> None:
        spec = a_spec(disk_gb=1)
        qemu_world.hypervisor.ensure(spec)
        qemu_world.hypervisor.ensure(replace(spec, generation=2, disk_gb=2, power="shutdown"))
        qemu_world.hypervisor.ensure(replace(spec, generation=3, disk_gb=2))
        disk = qemu_world.state / "guests" / spec.server_id / "disk.qcow2"
        assert int.from_bytes(disk.read_bytes()[24:32]) == 2 << 30

    def test_an_image_is_fetched_once_for_two_servers(self, qemu_world: QemuWorld) -> None:
        first = a_spec()
        second = a_spec(image=first.image)
        fetched = [
            effect.what
            for spec in (first, second)
            for effect in qemu_world.hypervisor.ensure(spec)
            if effect.what == "image fetched"
        ]
        assert fetched == ["image fetched"]

    def test_a_damaged_image_is_not_kept(self, qemu_world: QemuWorld) -> None:
        qemu_world.damage_next_disk()
        spec = a_spec()
        with pytest.raises(HypervisorError, match="damaged"):
            qemu_world.hypervisor.ensure(spec)
        assert list((qemu_world.state / "images").iterdir()) == []

    def test_an_image_that_names_a_file_of_the_host_is_refused(self, qemu_world: QemuWorld, tmp_path: Path) -> None:
        spec = qemu_world.a_spec_with_image(an_overlay_on("/etc/shadow", tmp_path), disk_format="qcow2")
        with pytest.raises(HypervisorError, match="refers to another file"):
            qemu_world.hypervisor.ensure(spec)

    def test_an_image_larger_than_the_flavor_is_refused(self, qemu_world: QemuWorld, tmp_path: Path) -> None:
        spec = qemu_world.a_spec_with_image(a_qcow2_of("2G", tmp_path), disk_format="qcow2", disk_gb=1)
        with pytest.raises(HypervisorError, match="the flavor gives"):
            qemu_world.hypervisor.ensure(spec)

    def test_a_lost_disk_is_seen_and_not_replaced_by_an_empty_one(self, qemu_world: QemuWorld) -> None:
        spec = a_spec()
        qemu_world.hypervisor.ensure(spec)
        disk = qemu_world.state / "guests" / spec.server_id / "disk.qcow2"
        disk.unlink()
        assert qemu_world.hypervisor.observe()[spec.server_id].lost == (str(disk),)
        qemu_world.hypervisor.ensure(replace(spec, generation=2, power="shutdown"))
        with pytest.raises(HypervisorError, match=r"disk\.qcow2 was there and is gone"):
            qemu_world.hypervisor.ensure(replace(spec, generation=3))


def test_an_interface_whose_tap_was_deleted_is_seen_and_plugged_again_by_a_hard_reboot(qemu_world: QemuWorld) -> None:
    nic, other = qemu_world.nic(), qemu_world.nic()
    spec = a_spec(nics=(nic, other))
    qemu_world.hypervisor.ensure(spec)
    assert qemu_world.hypervisor.observe()[spec.server_id].cut_off == ()
    for words in (("link", "del", nic.tap), ("tuntap", "add", "dev", nic.tap, "mode", "tap")):
        subprocess.run(["ip", "-n", qemu_world.netns, *words], check=True)
    assert qemu_world.hypervisor.observe()[spec.server_id].cut_off == (nic.port_id,)
    qemu_world.hypervisor.reboot(spec.server_id, hard=True)
    assert qemu_world.hypervisor.observe()[spec.server_id].cut_off == ()


def test_interfaces_in_a_namespace_that_was_made_anew_are_cut_off(qemu_world: QemuWorld) -> None:
    nic = qemu_world.nic()
    spec = a_spec(nics=(nic,))
    qemu_world.hypervisor.ensure(spec)
    for words in (("del", qemu_world.netns), ("add", qemu_world.netns)):
        subprocess.run(["ip", "netns", *words], check=True)
    subprocess.run(["ip", "-n", qemu_world.netns, "tuntap", "add", "dev", nic.tap, "mode", "tap"], check=True)
    assert qemu_world.hypervisor.observe()[spec.server_id].cut_off == (nic.port_id,)
    qemu_world.hypervisor.reboot(spec.server_id, hard=True)
    assert qemu_world.hypervisor.observe()[spec.server_id].cut_off == ()


def test_images_that_no_server_lies_on_are_forgotten_after_a_day(qemu_world: QemuWorld) -> None:
    one, other, used = a_spec(), a_spec(), a_spec()
    for spec in (one, other, used):
        qemu_world.hypervisor.ensure(spec)
    images = {spec.server_id: qemu_world.state / "images" / spec.image.image_id for spec in (one, other, used)}
    for spec in (one, used):
        os.utime(images[spec.server_id], (0, 0))
    for spec in (other, one):
        qemu_world.hypervisor.ensure_gone(spec.server_id)
    assert [images[spec.server_id].exists() for spec in (one, other, used)] == [False, True, True]


class TestEnd:
    """What the driver says by itself when a guest's process ends."""

    def test_it_is_told_of_a_guest_that_died_and_not_of_one_that_was_ended(self, qemu_world: QemuWorld) -> None:
        one, two = a_spec(), a_spec()
        for spec in (one, two):
            qemu_world.hypervisor.ensure(spec)
        qemu_world.hypervisor.observe()
        qemu_world.hypervisor.ensure(replace(two, generation=2, power="shutdown"))
        qemu_world.crash(one.server_id)
        assert qemu_world.ended.get(timeout=5) == one.server_id
        assert qemu_world.ended.empty()

    def test_a_driver_made_anew_watches_what_it_finds(self, qemu_world: QemuWorld) -> None:
        spec = a_spec()
        qemu_world.hypervisor.ensure(spec)
        qemu_world.restart().observe()
        qemu_world.crash(spec.server_id)
        assert qemu_world.ended.get(timeout=5) == spec.server_id


class TestErrors:
    def test_a_failed_start_shows_what_qemu_printed(self, qemu_world: QemuWorld) -> None:
        spec = a_spec(vcpus=4096)
        with pytest.raises(HypervisorError, match="Invalid SMP CPUs") as raised:
            qemu_world.hypervisor.ensure(spec)
        assert raised.value.stderr
        assert qemu_world.leftovers(spec.server_id) == []

    def test_a_later_failure_keeps_the_server_and_its_disk(self, qemu_world: QemuWorld) -> None:
        spec = a_spec()
        qemu_world.hypervisor.ensure(spec)
        with pytest.raises(HypervisorError, match="No such file"):
            qemu_world.hypervisor.ensure(replace(spec, generation=2, disks=(DiskSpec("v", "/nowhere"),)))
        machine = qemu_world.hypervisor.observe()[spec.server_id]
        assert (machine.power, machine.generation) == ("running", 1)

    def test_a_reboot_that_fails_again_and_again_keeps_the_disk(self, qemu_world: QemuWorld) -> None:
        spec = a_spec()
        qemu_world.hypervisor.ensure(spec)
        disk = qemu_world.state / "guests" / spec.server_id / "disk.qcow2"
        before = disk.stat().st_ino
        broken = qemu_world.state / "qemu-broken"
        broken.write_text("#!/bin/sh\n[ $1 != --version ] || exec qemu-system-x86_64 --version\nexit 1\n")
        broken.chmod(0o755)
        hypervisor = qemu_world.restart(binary=str(broken))
        with pytest.raises(HypervisorError):
            hypervisor.reboot(spec.server_id, hard=True)
        for _ in range(2):
            with pytest.raises(HypervisorError):
                hypervisor.ensure(spec)
        qemu_world.restart().ensure(spec)
        assert disk.stat().st_ino == before
        assert qemu_world.hypervisor.observe()[spec.server_id].power == "running"

    def test_a_missing_tap_is_named(self, qemu_world: QemuWorld) -> None:
        nic = replace(qemu_world.nic(), tap="tap-missing")
        with pytest.raises(HypervisorError, match="tap-missing"):
            qemu_world.hypervisor.ensure(a_spec(nics=(nic,)))

    def test_a_guest_that_ignores_the_power_button_is_ended_at_the_limit(self, qemu_world: QemuWorld) -> None:
        spec = qemu_world.a_spec_with_image(bytes(1 << 20))
        qemu_world.restart(shutdown_limit=0.6)
        qemu_world.hypervisor.ensure(spec)
        effects = qemu_world.hypervisor.ensure(replace(spec, generation=2, power="shutdown"))
        assert [effect.result for effect in effects] == ["no reaction to 2 key presses in 0.6 s: quit"]

    def test_a_guest_that_keeps_an_interface_is_reported(self, qemu_world: QemuWorld) -> None:
        spec = qemu_world.a_spec_with_image(bytes(1 << 20), nics=(qemu_world.nic(),))
        qemu_world.restart(unplug_limit=0.3)
        qemu_world.hypervisor.ensure(spec)
        for _ in range(2):
            with pytest.raises(HypervisorError, match="did not let go"):
                qemu_world.hypervisor.ensure(replace(spec, generation=2, nics=()))
        assert qemu_world.hypervisor.observe()[spec.server_id].generation == 1


def test_an_interrupted_start_is_finished_by_the_next_driver(qemu_world: QemuWorld) -> None:
    spec = a_spec(nics=(qemu_world.nic(),))
    qemu_world.hypervisor.ensure(spec)
    guest = qemu_world.state / "guests" / spec.server_id
    (guest / "reached").unlink()
    hypervisor = qemu_world.restart()
    assert hypervisor.observe()[spec.server_id].generation == 0
    hypervisor.ensure(spec)
    assert hypervisor.observe()[spec.server_id].generation == 1


def test_the_host_says_how_it_runs_guests(qemu_world: QemuWorld) -> None:
    facts = qemu_world.hypervisor.describe()
    assert (facts.type, facts.accelerator, facts.why) == ("QEMU", "qemu", "set by configuration")
    assert facts.vcpus > 0
    assert facts.memory_mb > 0
    assert facts.limits.startswith(("cgroup", "systemd scope", "none: "))
