"""What the system as a whole must be like: init, locale, limits, and what confines programs."""

from __future__ import annotations

import locale
import resource
import sys
from collections.abc import Iterator

from cupola.install.checks.finding import Finding, Situation

FILES = 4096
"""Files and connections that a process of a cloud under load has open."""


def systemd(situation: Situation) -> Iterator[Finding]:
    """systemd starts the parts and watches over them."""
    if (situation.machine.text("/proc/1/comm") or "").strip() != "systemd":
        yield Finding(
            "systemd is not process 1 here",
            "The units start nothing by themselves, and guests get no scopes of their own.",
            "Start the ExecStart of each unit by another supervisor (docs/install.md, 'Without systemd')",
            "warning",
        )


def utf8(situation: Situation) -> Iterator[Finding]:
    """Names may be in any language."""
    if sys.getfilesystemencoding().lower() != "utf-8" or locale.getpreferredencoding(False).lower() != "utf-8":
        yield Finding(
            f"the locale's encoding is {locale.getpreferredencoding(False)}",
            "What people call their servers is printed and logged in UTF-8.",
            "export LC_ALL=C.UTF-8",
            "warning",
        )


def open_files(situation: Situation) -> Iterator[Finding]:
    """Each connection of a client, the database and a guest is an open file."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < FILES:
        yield Finding(
            f"a process may open {hard} files",
            f"A busy API or agent needs {FILES}.",
            f"ulimit -Hn {FILES} (for a shell; the units have LimitNOFILE= of their own)",
            "warning",
        )


def selinux(situation: Situation) -> Iterator[Finding]:
    """There is no SELinux policy for Cupola."""
    if (situation.machine.text("/sys/fs/selinux/enforce") or "").strip() == "1":
        yield Finding(
            "SELinux is enforcing",
            "There is no policy for Cupola: guests, dnsmasq and Apache would be refused what they need.",
            "setenforce 0, and SELINUX=permissive in /etc/selinux/config",
        )


def apparmor(situation: Situation) -> Iterator[Finding]:
    """Profiles of other packages that would keep our programs from our files."""
    loaded = situation.machine.text("/sys/kernel/security/apparmor/profiles") or ""
    enforced = {line.split(" (")[0] for line in loaded.splitlines() if line.endswith("(enforce)")}
    directory = situation.settings.state_dir
    for profile in sorted(enforced & {"/usr/sbin/dnsmasq", "dnsmasq", "/usr/{bin,sbin}/dnsmasq"}):
        text = situation.machine.text("/etc/apparmor.d/local/usr.sbin.dnsmasq") or ""
        if str(directory) not in text:
            yield Finding(
                f"AppArmor confines dnsmasq (profile {profile})",
                f"It may not read what is written for it in {directory}/network: no DHCP in tenant networks.",
                f"echo '{directory}/network/** rw,' >> /etc/apparmor.d/local/usr.sbin.dnsmasq && "
                "apparmor_parser -r /etc/apparmor.d/usr.sbin.dnsmasq",
            )
    for profile in sorted(name for name in enforced if name.endswith(("qemu-system-x86_64", "qemu-img"))):
        yield Finding(
            f"AppArmor confines QEMU (profile {profile})",
            f"It may not open the disks in {directory}/hypervisor: no server starts.",
            f"aa-complain {profile}",
        )
