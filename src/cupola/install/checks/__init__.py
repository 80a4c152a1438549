"""Whether a machine is fit for a part of a cloud: the table of checks, and running it.

A check is one function that looks at one thing and changes nothing. What it finds says what is wrong, why that matters
and what mends it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cupola.install.checks.broker import broker
from cupola.install.checks.clocks import control_plane
from cupola.install.checks.database import database
from cupola.install.checks.finding import Check, Finding, Situation
from cupola.install.checks.kernel import cgroups, features, forwarding, kvm, obstacles
from cupola.install.checks.ports import ports, tunnel_port
from cupola.install.checks.programs import programs, web_server
from cupola.install.checks.storage import disk_space, state_directory
from cupola.install.checks.system import apparmor, open_files, selinux, systemd, utf8
from cupola.install.checks.tls import tls


def _always(situation: Situation) -> bool:
    return True


def _serves(situation: Situation) -> bool:
    return situation.serves


def _hosts(situation: Situation) -> bool:
    return situation.hosts


def _apart(situation: Situation) -> bool:
    """A host without the control plane beside it."""
    return situation.role == "compute"


CHECKS = (
    Check("systemd", _always, systemd),
    Check("locale", _always, utf8),
    Check("open files", _always, open_files),
    Check("SELinux", _always, selinux),
    Check("AppArmor", _hosts, apparmor),
    Check("programs", _always, programs),
    Check("web server", _serves, web_server),
    Check("ports", _serves, ports),
    Check("tunnel port", _hosts, tunnel_port),
    Check("kernel", _hosts, features),
    Check("network", _hosts, obstacles),
    Check("forwarding", _hosts, forwarding),
    Check("KVM", _hosts, kvm),
    Check("cgroups", _hosts, cgroups),
    Check("disk space", _always, disk_space),
    Check("state directory", _always, state_directory),
    Check("TLS", _always, tls),
    Check("database", _serves, database),
    Check("broker", _always, broker),
    Check("control plane", _apart, control_plane),
)


@dataclass(frozen=True)
class Result:
    """What one check found; nothing: all is well."""

    check: str
    findings: tuple[Finding, ...]


def examine(situation: Situation, checks: tuple[Check, ...] = CHECKS) -> Iterator[Result]:
    """Run the checks that matter here, one after the other.

    One that cannot be carried out is a finding itself: the others still say what they see.
    """
    for check in checks:
        if check.applies(situation):
            yield Result(check.name, tuple(_look(check.look, situation)))


def _look(look: Callable[[Situation], object], situation: Situation) -> Iterator[Finding]:
    try:
        yield from look(situation)  # type: ignore[misc]
    except Exception as error:  # noqa: BLE001 - whatever it was, it keeps nobody from the other checks
        why = "What it looks at may be in the way all the same."
        yield Finding(f"it could not be looked at: {type(error).__name__}: {error}", why, "Mend that first", "unknown")
