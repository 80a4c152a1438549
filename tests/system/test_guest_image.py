"""The guest image boots on plain QEMU, takes its identity from a config drive, and answers ssh."""

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cupola.guest.build import build, default_cache

pytestmark = pytest.mark.guest

SECONDS_TO_BOOT = 90  # 7 to 12 s without KVM on an idle machine


@pytest.fixture
def key(tmp_path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    return tmp_path / "key"


@pytest.fixture
def config_drive(tmp_path: Path, key: Path) -> Path:
    metadata = tmp_path / "drive/openstack/latest"
    metadata.mkdir(parents=True)
    document = {"uuid": "b0a7", "hostname": "first.example", "public_keys": {"k": key.with_suffix(".pub").read_text()}}
    (metadata / "meta_data.json").write_text(json.dumps(document))
    (metadata / "user_data").write_text("#!/bin/sh\necho made by user data > /tmp/made\n")
    drive = tmp_path / "drive.iso"
    subprocess.run(["genisoimage", "-quiet", "-R", "-V", "config-2", "-o", drive, tmp_path / "drive"], check=True)
    return drive


@pytest.fixture
def ssh_port(tmp_path: Path, config_drive: Path) -> Iterator[int]:
    """A guest with a disk of 64 MiB, its ssh port forwarded to one of ours."""
    disk = tmp_path / "disk.qcow2"
    overlay = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", build(default_cache()), disk, "64M"]
    subprocess.run(overlay, check=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    arguments = [
        *("qemu-system-x86_64", "-M", "pc", "-accel", "tcg,tb-size=48", "-cpu", "max", "-m", "128"),
        *("-display", "none", "-nodefaults", "-no-user-config", "-serial", f"file:{tmp_path / 'console.log'}"),
        *("-drive", f"if=virtio,format=qcow2,file={disk}"),
        *("-drive", f"if=virtio,format=raw,readonly=on,file={config_drive}"),
        *("-netdev", f"user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:22"),
        *("-device", "virtio-net-pci,netdev=n0,romfile=", "-device", "virtio-rng-pci"),
    ]
    with subprocess.Popen(arguments, stdin=subprocess.DEVNULL) as guest:
        try:
            yield port
        finally:
            guest.kill()


def test_a_guest_takes_name_keys_user_data_and_the_whole_disk(ssh_port: int, key: Path) -> None:
    ssh = ("ssh", "-p", str(ssh_port), "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null")
    ssh = (*ssh, "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "-o", "LogLevel=ERROR")
    login = [*ssh, "-i", key, "cirros@127.0.0.1"]
    question = "hostname; cat /tmp/made; df -m / | awk 'NR == 2 { print $2 }'"
    deadline = time.monotonic() + SECONDS_TO_BOOT
    while True:
        answer = subprocess.run([*login, question], capture_output=True, text=True)
        if answer.stdout.count("\n") == 3 or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    name, made, megabytes = answer.stdout.splitlines()
    assert (name, made) == ("first", "made by user data")
    assert int(megabytes) > 35
    without_key = [*ssh, "-o", "PubkeyAuthentication=no", "cirros@127.0.0.1", "true"]
    assert "(publickey)" in subprocess.run(without_key, capture_output=True, text=True).stderr
