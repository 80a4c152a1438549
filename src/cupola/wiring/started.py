"""What a cloud was last started with, kept in its state directory.

The commands that look at a cloud or take it down go by it, whatever file and variables there are by then; and what was
chosen at the first start stays chosen.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Collection
from ipaddress import IPv4Network
from pathlib import Path

import orjson

from cupola.base.errors import ConfigurationError
from cupola.compute.host.drivers.durable import write_durably
from cupola.network.host.drivers.linux.machine import routed
from cupola.wiring.settings import PUBLIC_CIDR, SECTIONS, Settings, settings_of

FILE = "started.json"


def started(state_dir: Path) -> Settings | None:
    """The settings of the last start; None: there was none. Raises ConfigurationError."""
    try:
        document = orjson.loads((state_dir / FILE).read_bytes())
    except FileNotFoundError:
        return None
    return settings_of(document, state_dir, {})


def starting(settings: Settings) -> Settings:
    """Choose what the settings leave open, as at the last start if there was one, and keep all of it.

    Raises ConfigurationError when the cloud cannot be started so, by this user or after what it was before.
    """
    if os.geteuid() != 0 and not settings.main.simulated:
        raise ConfigurationError(
            "Servers in networks of their own need root: run `cupola up` as root, or with --hypervisor simulated."
        )
    before = started(settings.state_dir)
    if before is not None:
        _refuse_another(before, settings)
    if settings.network.public_cidr is None and not settings.main.simulated:
        cidr = (before and before.network.public_cidr) or str(_free_now())
        settings = dataclasses.replace(settings, network=dataclasses.replace(settings.network, public_cidr=cidr))
    document = {
        "DEFAULT": dataclasses.asdict(settings.main),
        **{name: dataclasses.asdict(getattr(settings, name)) for name in SECTIONS},
    }
    write_durably(settings.state_dir / FILE, orjson.dumps(document, default=str, option=orjson.OPT_INDENT_2))
    return settings


def _refuse_another(before: Settings, settings: Settings) -> None:
    """What servers and networks there are stays where it is. Raises ConfigurationError."""
    for name in ("simulated", "libvirt", "host_network", "host"):
        was, now = getattr(before.main, name), getattr(settings.main, name)
        if was != now:
            raise ConfigurationError(
                f"The cloud in {settings.state_dir} was started with {name} {was}, and cannot go on with {now}: "
                "start it as before, or end it with `cupola down --purge`."
            )


def _free_now() -> IPv4Network:
    return first_free(IPv4Network(PUBLIC_CIDR), [network for network, _ in routed()])


def first_free(first: IPv4Network, taken: Collection[IPv4Network]) -> IPv4Network:
    """`first`, or the next of its size that overlaps with none of `taken`. Raises ConfigurationError."""
    for candidate in first.supernet(new_prefix=16).subnets(new_prefix=first.prefixlen):
        if candidate >= first and not any(network.overlaps(candidate) for network in taken):
            return candidate
    raise ConfigurationError(
        f"The machine has routes to all networks from {first} on: choose one as [network] public_cidr."
    )
