"""The choice of accelerator, with a stand-in for the QEMU binary: a script that prints, fails or hangs."""

import os
import time
from pathlib import Path

import pytest

from cupola.compute.host.drivers.accelerator import decide, groups_for, probe
from cupola.compute.host.drivers.errors import HypervisorError


def a_binary(tmp_path: Path, script: str) -> str:
    binary = tmp_path / "qemu"
    binary.write_text(f"#!/bin/sh\n{script}\n")
    binary.chmod(0o755)
    return str(binary)


def test_firmware_that_runs_under_kvm_to_its_end_means_kvm(tmp_path: Path) -> None:
    binary = a_binary(tmp_path, "sleep 0.2; echo No bootable device.; exec sleep 60")
    assert probe(binary, []).name == "kvm"


def test_firmware_that_crawls_under_kvm_means_translation(tmp_path: Path) -> None:
    binary = a_binary(tmp_path, 'case "$*" in *kvm*) sleep 2;; esac; echo No bootable device; exec sleep 60')
    found = probe(binary, [])
    assert (found.name, "s by translation" in found.why) == ("qemu", True)


def test_firmware_that_hangs_under_kvm_means_translation_and_is_ended(tmp_path: Path) -> None:
    began = time.monotonic()
    found = probe(a_binary(tmp_path, "echo warning >&2; echo SeaBIOS; exec sleep 60"), [], limit=0.2)
    assert (found.name, found.why) == ("qemu", "under KVM the firmware of a probe guest was not done in 0.2 s")
    assert time.monotonic() - began < 30


def test_a_refusal_is_passed_on_in_qemus_words(tmp_path: Path) -> None:
    found = probe(a_binary(tmp_path, "echo 'Could not access KVM kernel module' >&2; exit 1"), [])
    assert (found.name, found.why) == ("qemu", "under KVM QEMU ended: Could not access KVM kernel module")


def test_kvm_demanded_and_not_working_stops_the_start(tmp_path: Path) -> None:
    binary = a_binary(tmp_path, "exit 1")
    with pytest.raises(HypervisorError, match="demanded by configuration"):
        decide("kvm", binary, [], "7.2.0", tmp_path / "accelerator.json")


@pytest.mark.skipif(not Path("/dev/kvm").exists(), reason="needs /dev/kvm, whose answers alone are kept")
def test_the_answer_is_kept_until_something_changes(tmp_path: Path) -> None:
    cache = tmp_path / "accelerator.json"
    first = decide("auto", a_binary(tmp_path, "echo no >&2; exit 1"), [], "7.2.0", cache)
    fixed = a_binary(tmp_path, "echo No bootable device; exec sleep 60")
    assert decide("auto", fixed, [], "7.2.0", cache) == first
    os.utime(cache, (0, 0))
    assert decide("auto", fixed, [], "7.2.0", cache).name == "kvm", "a no is doubted after a while"
    os.utime(cache, (0, 0))
    broken = a_binary(tmp_path, "echo no >&2; exit 1")
    assert decide("auto", broken, [], "7.2.0", cache).name == "kvm"
    assert decide("auto", broken, [], "8.0.0", cache).name == "qemu"


def test_translation_by_configuration_needs_no_probe(tmp_path: Path) -> None:
    assert decide("qemu", "/nowhere", [], "7.2.0", tmp_path / "accelerator.json").name == "qemu"


@pytest.mark.root
def test_the_user_is_in_the_group_that_may_use_the_device(tmp_path: Path) -> None:
    device = tmp_path / "kvm"
    assert groups_for(device) == ()
    device.touch()
    for group, mode, needed in ((4242, 0o660, (4242,)), (4242, 0o600, ()), (0, 0o660, ())):
        os.chown(device, 0, group)
        device.chmod(mode)
        assert groups_for(device) == needed
