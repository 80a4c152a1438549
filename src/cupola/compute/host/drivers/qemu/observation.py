"""From what is seen of a guest (its files, its process, its monitor's answers) to the `Machine` that is reported."""

from dataclasses import dataclass

from qemu.qmp import QMPClient

from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.host.drivers.guest import Guest
from cupola.compute.host.drivers.process import Process
from cupola.compute.host.drivers.qemu.devices import plugged
from cupola.compute.model.machine import Machine, Power

# QEMU's run states; those not named are kinds of pause. One that never executed was left by an interrupted start.
_POWERS: dict[str, Power] = {
    "running": "running",
    "prelaunch": "shutdown",
    "shutdown": "shutdown",
    "guest-panicked": "crashed",
    "internal-error": "crashed",
}


@dataclass(frozen=True)
class Status:
    """A monitor's answers: the run state, and the ids of ports and volumes that are plugged."""

    state: str
    nics: tuple[str, ...]
    disks: tuple[str, ...]


async def ask_status(client: QMPClient) -> Status:
    """Ask a monitor; the question for `Monitors.query`."""
    answer = await client.execute("query-status")
    assert isinstance(answer, dict)  # noqa: S101 - QEMU's schema
    return Status(answer["status"], *await plugged(client))


def observed(guest: Guest, process: Process | None, status: Status | HypervisorError | None) -> Machine:
    """Return the machine. A monitor that gives no answer leaves its guest running, with the reason said."""
    generation = guest.reached()
    if process is None:
        if not guest.pidfile.exists():
            return Machine(guest.server_id, generation, "shutdown")
        complaint = guest.tail(guest.log, 1000).strip()
        reason = "the QEMU process ended without exiting" + (f": {complaint}" if complaint else "")
        return Machine(guest.server_id, generation, "crashed", reason=reason)
    accelerator = "kvm" if (process.option("-accel") or "").startswith("kvm") else "qemu"
    if not isinstance(status, Status):
        reason = str(status)
        return Machine(guest.server_id, generation, "running", process.pid, accelerator=accelerator, reason=reason)
    power = _POWERS.get(status.state, "paused")
    reason_or_none = None if power == "running" else f"QEMU's run state is {status.state}"
    return Machine(
        guest.server_id, generation, power, process.pid, status.nics, status.disks, accelerator, reason_or_none
    )
