"""A real Linux under the QEMU driver: boots from its overlay, reads its config drive, hears the power button."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cupola.compute.host.drivers.qemu import Confinement, QemuHypervisor, QemuSettings
from cupola.compute.model.machine import ImageRef, MachineSpec, NicSpec
from cupola.guest.build import build, default_cache

pytestmark = [
    pytest.mark.root,
    pytest.mark.guest,
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("qemu-system-x86_64") is None, reason="needs root, and QEMU installed"
    ),
]

NETNS = f"cupola-guest-{os.getpid()}"
SECONDS_TO_BOOT = 90
FIRST = NicSpec("0f6b1e6e-5ad0-4a52-8b1f-111111111111", "fa:16:3e:00:00:01", "tap1", 1400)
SECOND = NicSpec("0f6b1e6e-5ad0-4a52-8b1f-222222222222", "fa:16:3e:00:00:02", "tap2", 1400)
GREETER = """
import socket, sys
with socket.create_connection((sys.argv[1], 22), timeout=2) as ssh:
    print(ssh.recv(8).decode())
"""


class Files:
    """An image source over one file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self, image_id: str) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            while chunk := file.read(1 << 20):
                yield chunk


@pytest.fixture(scope="module")
def image() -> Path:
    return build(default_cache())


@pytest.fixture
def hypervisor(image: Path) -> Iterator[QemuHypervisor]:
    """A host in a network namespace with two taps."""
    subprocess.run(["ip", "netns", "add", NETNS], check=True)
    for nic in (FIRST, SECOND):
        subprocess.run(["ip", "-n", NETNS, "tuntap", "add", "dev", nic.tap, "mode", "tap"], check=True)
        subprocess.run(["ip", "-n", NETNS, "link", "set", nic.tap, "up"], check=True)
    state = Path(tempfile.mkdtemp(prefix="cupola-"))
    state.chmod(0o711)
    hypervisor = QemuHypervisor(
        QemuSettings(state, Confinement(uid=64055, netns=NETNS), accelerator="auto"), Files(image)
    )
    yield hypervisor
    for server_id in hypervisor.observe():
        hypervisor.ensure_gone(server_id)
    hypervisor.close()
    shutil.rmtree(state)
    subprocess.run(["ip", "netns", "delete", NETNS], check=True)


def spec_of(image: Path) -> MachineSpec:
    data = image.read_bytes()
    metadata = {"uuid": "5d0f7a2e-0000-4000-8000-000000000001", "hostname": "first.example", "name": "first"}
    return MachineSpec(
        server_id=metadata["uuid"],
        name="first",
        hostname="first",
        generation=1,
        vcpus=1,
        memory_mb=128,
        disk_gb=1,
        image=ImageRef("guest", "qcow2", len(data), f"sha256:{hashlib.sha256(data).hexdigest()}"),
        nics=(FIRST,),
        config_drive={"openstack/latest/meta_data.json": json.dumps(metadata).encode()},
    )


def until(answer: Callable[[], str], has: str) -> str:
    """Return the first answer that has `has`; fails after the time a boot may take."""
    end = time.monotonic() + SECONDS_TO_BOOT
    while has not in (last := answer()):
        assert time.monotonic() < end, last
        time.sleep(0.2)
    return last


def ssh_greeting() -> str:
    """Return what the guest's ssh server says on its link-local address, through its first tap."""
    reach = [sys.executable, "-c", GREETER, f"fe80::f816:3eff:fe00:1%{FIRST.tap}"]
    return subprocess.run(["ip", "netns", "exec", NETNS, *reach], capture_output=True, text=True).stdout


def test_a_server_boots_loses_an_interface_and_shuts_down_on_request(hypervisor: QemuHypervisor, image: Path) -> None:
    spec = spec_of(image)
    hypervisor.ensure(spec)
    until(lambda: hypervisor.console_output(spec.server_id), has="first login:")
    assert until(ssh_greeting, has="SSH-2.0")

    hypervisor.ensure(replace(spec, generation=2, nics=(FIRST, SECOND)))
    hypervisor.ensure(replace(spec, generation=3, nics=(SECOND,)))
    assert hypervisor.observe()[spec.server_id].nics == (SECOND.port_id,)

    effects = hypervisor.ensure(replace(spec, generation=4, power="shutdown"))
    assert effects[-1].what == "guest shut down"
    assert effects[-1].result.startswith("off after ")
    assert hypervisor.observe()[spec.server_id].power == "shutdown"
