"""As whom and where guests run: an unprivileged user each, and a network namespace."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

GUEST_USERS = range(0x70000000, 0x78000000)
"""Free for whoever wants them on systems with systemd (its UIDS-GIDS page)."""


def has_guest_users() -> bool:
    """Whether processes may run as those users: in a container with users of its own there may be fewer."""
    ranges = [[int(word) for word in line.split()] for line in Path("/proc/self/uid_map").read_text().splitlines()]
    return any(first <= GUEST_USERS[0] and GUEST_USERS[-1] < first + count for first, _, count in ranges)


@dataclass(frozen=True)
class Confinement:
    """As whom and where QEMU runs: a user and its groups (None: as we do), and a network namespace by name or path.

    The user needs no passwd entry. `groups` is for /dev/kvm, where a group owns it. With `apart` each guest has a user
    and a group of its own, so that one that takes over its QEMU has nothing of the others.
    """

    uid: int | None = None
    gid: int | None = None
    groups: tuple[int, ...] = ()
    netns: str | None = None
    apart: bool = False

    def of_guest(self, server_id: str) -> "Confinement":
        """The same for one guest."""
        if self.uid is None or not self.apart:
            return self
        own = GUEST_USERS[int(sha256(server_id.encode()).hexdigest(), 16) % len(GUEST_USERS)]
        return replace(self, uid=own, gid=own)

    @property
    def owner(self) -> tuple[int, int]:
        """The user and group that own the files QEMU writes."""
        uid = os.getuid() if self.uid is None else self.uid
        return uid, (os.getgid() if self.uid is None else uid) if self.gid is None else self.gid

    @property
    def netns_path(self) -> str | None:
        return self.netns if self.netns is None or "/" in self.netns else f"/run/netns/{self.netns}"

    def as_user(self) -> list[str]:
        """Return the argument list to put before a command that is to run as the user."""
        if self.uid is None:
            return []
        uid, gid = self.owner
        groups = f"--groups={','.join(map(str, self.groups))}" if self.groups else "--clear-groups"
        return ["setpriv", f"--reuid={uid}", f"--regid={gid}", groups, "--inh-caps=-all", "--no-new-privs", "--"]

    def wrapped(self, argv: Sequence[str]) -> list[str]:
        """Return `argv` to run as the user, in the namespace, and in a session of its own that outlives ours."""
        enter = [] if self.netns_path is None else ["nsenter", f"--net={self.netns_path}", "--"]
        return [*enter, *self.as_user(), "setsid", "--fork", *argv]
