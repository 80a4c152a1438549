"""Differences of dnsmasq processes and their files.

A process survives the program that started it, and is adopted. It is started again only where its configuration changed
or it holds a lease that nobody may have any more (it would refuse the address to the next owner); else SIGHUP does.
"""

from __future__ import annotations

from collections.abc import Iterator

from cupola.network.host.changes.change import Change
from cupola.network.host.layout import Daemon, Layout

CONFIGURATION = "dnsmasq.conf"


def daemon_stops(wanted: Layout, observed: Layout, owner: str | None) -> list[Change]:
    """Processes that are not wanted, or must start anew."""
    want = {each.directory: each for each in wanted.daemons}
    stops: list[Change] = []
    for have in observed.daemons:
        new = want.get(have.directory)
        if new is None and have.owner and owner in (None, have.owner):
            stops += [
                *_stop(have, "is not wanted"),
                Change(f"files of {_name(have)} are left", "remove", "", (have.directory,)),
            ]
        elif new is not None and (reason := _restart(new, have)):
            stops += _stop(have, reason)
    return stops


def daemon_starts(wanted: Layout, observed: Layout) -> list[Change]:
    """Files, and processes to start or to tell."""
    have = {each.directory: each for each in observed.daemons}
    return [change for new in wanted.daemons for change in _start(new, have.get(new.directory))]


def _start(new: Daemon, have: Daemon | None) -> Iterator[Change]:
    files = have.files if have else {}
    differing = [name for name, text in new.files.items() if files.get(name) != text]
    for name in differing:
        yield Change(f"file {name} of {_name(new)} differs", "file", "", (f"{new.directory}/{name}",), new.files[name])
    if have is None or have.pid is None or _restart(new, have):
        for mac, address in sorted(set(have.leases if have else ()) - set(new.leases)):
            what = f"{mac} may no longer have {address}"
            yield Change(what, "forget", "", (f"{new.directory}/leases", mac, address))
        arguments = (f"--conf-file={new.directory}/{CONFIGURATION}",)
        yield Change(f"{_name(new)} does not run", "dnsmasq", new.namespace, arguments)
    elif differing:
        yield Change(f"{_name(new)} has not read its files", "signal", "", ("HUP", str(have.pid)))


def _restart(new: Daemon, have: Daemon) -> str:
    """Why a running process cannot stay as it is; empty if it can."""
    if have.namespace != new.namespace:
        return "is in another namespace"
    if have.files.get(CONFIGURATION) != new.files[CONFIGURATION]:
        return "has another configuration"
    if set(have.leases) - set(new.leases):
        return "holds leases that are not wanted"
    return ""


def _stop(have: Daemon, why: str) -> list[Change]:
    return [Change(f"{_name(have)} {why}", "signal", "", ("TERM", str(have.pid)))] if have.pid else []


def _name(daemon: Daemon) -> str:
    return f"dnsmasq of {daemon.owner}"
