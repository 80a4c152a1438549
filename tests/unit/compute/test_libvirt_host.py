"""What libvirt says of its machine, and what is said when something there is amiss."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from cupola.compute.host.drivers.confinement import Confinement
from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.host.drivers.libvirt.binding import of_the_distribution
from cupola.compute.host.drivers.libvirt.host import dotted, may_be_apart, user_of, why_it_stalls

NOBODY = Confinement(65534, 65534)


def capabilities(label: str = "+65534:+65534", kvm: bool = False) -> ElementTree.Element:
    types = "<domain type='qemu'/>" + ("<domain type='kvm'/>" if kvm else "")
    model = f"<secmodel><model>dac</model><baselabel type='qemu'>{label}</baselabel></secmodel>"
    guest = f"<guest><arch name='x86_64'>{types}</arch></guest>"
    return ElementTree.fromstring(f"<capabilities><host>{model}</host>{guest}</capabilities>")


def device(tmp_path: Path, mode: int) -> Path:
    path = tmp_path / "kvm"
    path.touch()
    path.chmod(mode)
    return path


def test_qemus_user_is_the_one_libvirt_says() -> None:
    user = user_of(capabilities("+12345678:+12345679"))
    assert (user.owner, user.groups) == ((12345678, 12345679), ())


def test_a_libvirt_that_says_no_user_is_refused() -> None:
    with pytest.raises(HypervisorError, match="no user that QEMU runs as"):
        user_of(capabilities("libvirt-qemu"))


@pytest.mark.parametrize(
    ("found", "mode", "stalls"),
    [(True, 0o666, False), (False, 0o600, False), (True, 0o600, True), (False, 0o666, True)],
)
def test_libvirt_stalls_when_what_qemu_finds_is_not_what_its_user_may_open(
    tmp_path: Path, found: bool, mode: int, stalls: bool
) -> None:
    why = why_it_stalls(capabilities(kvm=found), NOBODY, device(tmp_path, mode))
    assert (why is not None) == stalls
    assert why is None or "group kvm" in why


def test_a_machine_without_kvm_does_not_stall(tmp_path: Path) -> None:
    assert why_it_stalls(capabilities(), NOBODY, tmp_path / "kvm") is None


@pytest.mark.parametrize(
    ("accelerator", "mode", "apart"), [("qemu", 0o600, True), ("kvm", 0o660, False), ("kvm", 0o666, True)]
)
def test_guests_have_users_of_their_own_where_all_may_open_the_device(
    tmp_path: Path, accelerator: str, mode: int, apart: bool
) -> None:
    assert may_be_apart(accelerator, device(tmp_path, mode)) == apart


def test_versions_are_told_with_dots() -> None:
    assert dotted(7002019) == "7.2.19"


def test_a_missing_binding_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(HypervisorError, match="apt install python3-libvirt"):
        of_the_distribution(str(tmp_path))
