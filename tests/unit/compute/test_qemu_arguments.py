"""QEMU's command line."""

from itertools import pairwise
from pathlib import Path

from cupola.compute.host.drivers.confinement import Confinement
from cupola.compute.host.drivers.guest import Guest
from cupola.compute.host.drivers.qemu.arguments import qemu_arguments
from cupola.compute.model.machine import ImageRef, MachineSpec

IMAGE = ImageRef("i", "qcow2", 1, "sha256:00")
SPEC = MachineSpec("s", "web", "web", 1, 2, 512, 1, IMAGE, created_request_id="req-1")


def arguments(spec: MachineSpec = SPEC, guests: str = "/guests", accelerator: str = "qemu") -> list[str]:
    return qemu_arguments("qemu-system-x86_64", spec, Guest(Path(guests), spec.server_id), accelerator, 7)


def after(option: str, words: list[str]) -> list[str]:
    return [value for name, value in pairwise(words) if name == option]


def test_size_and_name() -> None:
    words = arguments()
    assert (after("-smp", words), after("-m", words)) == (["2"], ["512M"])
    assert after("-name", words) == ["guest=s req-1,debug-threads=on"]


def test_translation_has_a_bounded_cache_and_kvm_the_hosts_processor() -> None:
    assert after("-accel", arguments()) == ["tcg,tb-size=48"]
    words = arguments(accelerator="kvm")
    assert (after("-accel", words), after("-cpu", words)) == (["kvm"], ["host"])


def test_a_comma_in_a_path_does_not_start_an_option() -> None:
    disk = next(value for value in after("-blockdev", arguments(guests="/a,b")) if "root-file" in value)
    assert "filename=/a,,b/s/disk.qcow2," in disk


def test_a_server_without_image_and_config_drive_has_no_drives() -> None:
    assert after("-blockdev", arguments(MachineSpec("s", "web", "web", 1, 1, 64, 0, None))) == []


def test_it_is_started_as_the_user_in_the_namespace() -> None:
    wrapped = Confinement(uid=1000, groups=(104,), netns="host1").wrapped(["qemu"])
    assert wrapped[:3] == ["nsenter", "--net=/run/netns/host1", "--"]
    assert wrapped[3:7] == ["setpriv", "--reuid=1000", "--regid=1000", "--groups=104"]
    assert wrapped[-3:] == ["setsid", "--fork", "qemu"]


def test_without_confinement_it_only_gets_its_session() -> None:
    assert Confinement().wrapped(["qemu"]) == ["setsid", "--fork", "qemu"]
