"""The plan from what is there to what is wanted."""

from dataclasses import replace

import pytest

from cupola.compute.host.drivers.errors import ConflictingSpec
from cupola.compute.host.reconcile import Change, Verb, changes, refuse_conflict
from cupola.compute.model.machine import DiskSpec, Machine, MachineSpec, NicSpec

NIC, OTHER = (NicSpec(port, "fa:16:3e:00:00:01", port, 1500) for port in ("port", "other"))
VOLUME = DiskSpec("volume", "/volume")
SPEC = MachineSpec("s", "web", "web", 2, 1, 64, 0, None, nics=(NIC,), disks=(VOLUME,))
RUNNING = Machine("s", 2, "running", 77, nics=("port",), disks=("volume",))
STARTED = [Change(Verb.START), Change(Verb.ATTACH_DISK, "volume"), Change(Verb.PLUG_NIC, "port"), Change(Verb.RESUME)]


@pytest.mark.parametrize(
    ("spec", "machine", "plan"),
    [
        pytest.param(SPEC, RUNNING, [], id="as wanted"),
        pytest.param(SPEC, None, STARTED, id="new"),
        pytest.param(SPEC, Machine("s", 1, "shutdown"), STARTED, id="off"),
        pytest.param(SPEC, Machine("s", 1, "crashed"), STARTED, id="died"),
        pytest.param(SPEC, Machine("s", 1, "crashed", 77), [Change(Verb.KILL), *STARTED], id="panicked, still there"),
        pytest.param(SPEC, Machine("s", 0, "shutdown", 77), [Change(Verb.KILL), *STARTED], id="start interrupted"),
        pytest.param(SPEC, replace(RUNNING, power="paused"), [Change(Verb.RESUME)], id="paused"),
        pytest.param(
            replace(SPEC, nics=(NIC, OTHER)), RUNNING, [Change(Verb.PLUG_NIC, "other")], id="one interface more"
        ),
        pytest.param(
            replace(SPEC, nics=(OTHER,)),
            RUNNING,
            [Change(Verb.UNPLUG_NIC, "port"), Change(Verb.PLUG_NIC, "other")],
            id="another interface: away before new",
        ),
        pytest.param(replace(SPEC, disks=()), RUNNING, [Change(Verb.DETACH_DISK, "volume")], id="one volume less"),
        pytest.param(replace(SPEC, power="shutdown"), RUNNING, [Change(Verb.SHUT_DOWN)], id="to be shut down"),
        pytest.param(
            replace(SPEC, power="shutdown"),
            replace(RUNNING, power="paused"),
            [Change(Verb.KILL)],
            id="paused, cannot answer its power button",
        ),
        pytest.param(replace(SPEC, power="shutdown"), Machine("s", 1, "crashed"), [], id="crashed is off enough"),
        pytest.param(replace(SPEC, power="shutdown"), None, [], id="new, and to stay off"),
    ],
)
def test_plan(spec: MachineSpec, machine: Machine | None, plan: list[Change]) -> None:
    assert changes(spec, machine) == plan


def test_the_same_generation_may_differ_in_config_drive_and_request_only() -> None:
    refuse_conflict(SPEC, replace(SPEC, config_drive={"a": b"b"}, created_request_id="req-2"))
    refuse_conflict(SPEC, replace(SPEC, generation=3, memory_mb=128))
    with pytest.raises(ConflictingSpec):
        refuse_conflict(SPEC, replace(SPEC, memory_mb=128))
