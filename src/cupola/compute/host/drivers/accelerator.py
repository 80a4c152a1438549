"""Whether KVM works here: found out by letting a guest's firmware run, since a /dev/kvm that opens proves nothing.

Some hosts offer /dev/kvm, create the virtual machine, and then never execute it, or at a crawl. The answer is kept
until the next boot (a no for an hour), and taken once when the driver starts: no server is slow by surprise because one
probe failed.
"""

import json
import os
import select
import signal
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from cupola.compute.host.drivers.command import ENVIRONMENT
from cupola.compute.host.drivers.durable import write_durably
from cupola.compute.host.drivers.errors import HypervisorError

Setting = Literal["auto", "kvm", "qemu"]
# Firmware is mostly input and output, where even a healthy nested KVM may lose to translation, but not by this factor.
_SLOW = 4.0
_QUICK = 0.3  # seconds that no KVM at a crawl comes near; on a busy host the factor alone would be chance
_DOUBT = 3600  # seconds after which a machine without KVM is asked again: it may have been busy, starting up
KVM = Path("/dev/kvm")
_FINISHED = b"No bootable device"  # what the firmware says on its debug port when it has nothing more to do


@dataclass(frozen=True)
class Accelerator:
    """ "kvm" or "qemu" (translation in software), and why."""

    name: str
    why: str


def groups_for(device: Path = KVM) -> tuple[int, ...]:
    """The groups a user needs to be in to use the device: on most machines it belongs to root and the group kvm."""
    try:
        facts = device.stat()
    except FileNotFoundError:
        return ()
    return (facts.st_gid,) if facts.st_gid and facts.st_mode & 0o060 == 0o060 else ()


def decide(setting: Setting, binary: str, as_user: list[str], version: str, cache: Path) -> Accelerator:
    """Return the accelerator for this host; raises HypervisorError when KVM is demanded and does not work."""
    if setting == "qemu":
        return Accelerator("qemu", "set by configuration")
    found = _cached_probe(binary, as_user, version, cache)
    if setting == "kvm" and found.name != "kvm":
        raise HypervisorError("accelerator", f"KVM is demanded by configuration; {found.why}")
    return found


def _cached_probe(binary: str, as_user: list[str], version: str, cache: Path) -> Accelerator:
    """Probe once per boot, device, QEMU version and user."""
    if not KVM.exists():
        return Accelerator("qemu", f"there is no {KVM}")
    facts = KVM.stat()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    key = [boot, facts.st_rdev, facts.st_mode, facts.st_gid, version, as_user]
    if cache.exists() and (kept := json.loads(cache.read_bytes()))["key"] == key:
        answer = Accelerator(**kept["answer"])
        if answer.name == "kvm" or time.time() - cache.stat().st_mtime < _DOUBT:
            return answer
    answer = probe(binary, as_user)
    write_durably(cache, json.dumps({"key": key, "answer": asdict(answer)}).encode())
    return answer


def probe(binary: str, as_user: list[str], limit: float = 3.0) -> Accelerator:
    """Let the firmware of an empty guest run under KVM and by translation, each for at most `limit` seconds."""
    kvm = _firmware_seconds(binary, as_user, "kvm", limit)
    if isinstance(kvm, str):
        return Accelerator("qemu", f"under KVM {kvm}")
    translated = _firmware_seconds(binary, as_user, "tcg", limit)
    if isinstance(translated, str):
        return Accelerator("kvm", f"by translation {translated}")
    compared = f"a probe guest's firmware took {kvm:.2f} s under KVM, {translated:.2f} s by translation"
    return Accelerator("kvm" if kvm < max(translated * _SLOW, _QUICK) else "qemu", compared)


def _firmware_seconds(binary: str, as_user: list[str], accelerator: str, limit: float) -> float | str:
    """Return how long the firmware takes, or what kept it from its end."""
    machine = ["-machine", "pc", "-accel", accelerator, "-m", "64", "-nodefaults", "-no-user-config"]
    debug_port = ["-chardev", "stdio,id=debug", "-device", "isa-debugcon,iobase=0x402,chardev=debug"]
    argv = [*as_user, binary, *machine, "-display", "none", *debug_port]
    pipe, began = subprocess.PIPE, time.monotonic()
    with subprocess.Popen(argv, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe) as guest:
        try:
            printed, hung = _read_until(_FINISHED, guest, limit)
            seconds = time.monotonic() - began
        finally:
            guest.send_signal(signal.SIGKILL)
        if _FINISHED in printed:
            return seconds
        if hung:
            return f"the firmware of a probe guest was not done in {limit:g} s"
        complaint = guest.stderr.read().decode(errors="replace").strip().partition("\n")[0] if guest.stderr else ""
        return f"QEMU ended: {complaint}"


def _read_until(text: bytes, guest: "subprocess.Popen[bytes]", limit: float) -> tuple[bytes, bool]:
    """Return what the guest prints until `text`, its end or the time limit, and whether it was the time limit."""
    assert guest.stdout is not None  # noqa: S101 - it was asked for as a pipe
    printed, end = b"", time.monotonic() + limit
    while text not in printed:
        if not select.select([guest.stdout], [], [], max(0.0, end - time.monotonic()))[0]:
            return printed, True
        chunk = os.read(guest.stdout.fileno(), 4096)
        if not chunk:
            break
        printed += chunk
    return printed, False
