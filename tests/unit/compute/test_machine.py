"""Machine specs pass through JSON unchanged."""

import json

from cupola.compute.model.machine import DiskSpec, ImageRef, Machine, MachineSpec, NicSpec


def test_a_full_spec_returns_from_json() -> None:
    spec = MachineSpec(
        server_id="s", name="web", hostname="web", generation=3, vcpus=2, memory_mb=512, disk_gb=1,
        image=ImageRef("i", "qcow2", 10, "sha512:00"), nics=(NicSpec("p", "fa:16:3e:00:00:01", "tap1", 1450),),
        disks=(DiskSpec("v", "/volumes/v"),), power="shutdown", config_drive={"openstack/latest/user_data": b"\xff\0"},
        created_request_id="req-1",
    )  # fmt: skip
    assert MachineSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


def test_a_spec_that_boots_from_a_volume_returns_from_json() -> None:
    spec = MachineSpec("s", "web", "web", 1, 1, 64, 0, None, disks=(DiskSpec("v", "/volumes/v"),))
    assert MachineSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


def test_a_machine_returns_from_json() -> None:
    machine = Machine("s", 2, "running", 77, ("p",), ("v",), "kvm")
    assert Machine.from_json(json.loads(json.dumps(machine.to_json()))) == machine


def test_what_users_put_on_the_config_drive_is_not_printed() -> None:
    spec = MachineSpec("s", "web", "web", 1, 1, 64, 0, None, config_drive={"user_data": b"password"})
    assert "password" not in repr(spec)
