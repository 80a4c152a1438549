"""All services of a cloud, put together into a system."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import cupola.compute.interface as compute
import cupola.identity.interface as identity
import cupola.image.interface as image
import cupola.network.interface as network
from cupola.base.auth.fernet_keys import KeyDirectory
from cupola.base.bus.brokers import brokers_of, connect
from cupola.base.bus.protocol import Bus
from cupola.base.clock import Clock
from cupola.base.context import Context
from cupola.base.db.transaction import Database
from cupola.base.errors import NotFound
from cupola.base.hosts.control import OpenImage
from cupola.base.ids import Ids
from cupola.base.operations.engine import FaultHook
from cupola.base.policy import load_overrides
from cupola.base.runtime import Wakeups
from cupola.base.system import HostQuestions, Notifications, System
from cupola.compute.service import service as compute_service
from cupola.identity.service import service as identity_service
from cupola.image.service import service as image_service
from cupola.lens.service import service as lens_service
from cupola.network.service import service as network_service
from cupola.placement.service import SERVICE as PLACEMENT
from cupola.wiring.settings import Settings


@dataclass(frozen=True)
class Parts:
    """What differs between a real cloud and one in a test."""

    database: Database
    clock: Clock
    ids: Ids
    bus: Bus
    wakeups: Wakeups
    fault: FaultHook | None = None
    wait: Callable[[float], None] | None = None
    keep: timedelta = timedelta(0)
    """How long what documents of networks are made of is kept for other hosts that ask; nothing, where there is one."""


def _metadata(ctx: Context, subject: str, address: str, path: str) -> tuple[int, bytes]:
    """The metadata of the server that asks from `address` in a network or behind a router."""
    server_id = ctx.read("metadata.who", lambda tx: network.server_by_address(tx, subject, address))
    return (404, b"") if server_id is None else compute.metadata(ctx, server_id, path)


def _images(settings: Settings) -> OpenImage:
    """Image bytes for the hosts whose servers are made of them."""
    open_bytes = image.open_bytes(settings.image)

    def open_for(ctx: Context, host: str, image_id: str, start: int) -> Iterator[bytes]:
        if not ctx.read("image.for_host", lambda tx: compute.needs_image(tx, host, image_id)):
            raise NotFound(f"No server of host {host} is made of image {image_id}.")
        return open_bytes(ctx, image_id, start)

    return open_for


def _notifications(settings: Settings) -> Notifications | None:
    if not settings.notifications.enabled:
        return None
    brokers = brokers_of(settings.main.transport_url, settings.broker)
    name = f"cupola notifications {settings.main.host} {os.getpid()}"

    def open_connection() -> Any:
        for broker in brokers[:-1]:
            with contextlib.suppress(OSError):
                return connect(broker, settings.broker, name)
        return connect(brokers[-1], settings.broker, name)

    return Notifications(settings.notifications, open_connection)


def assemble(settings: Settings, parts: Parts) -> tuple[System, identity.Identity]:
    """The system of all services, and identity's part, which bootstrap needs."""
    directory = settings.identity.key_directory or settings.state_dir / "keys"
    keys = KeyDirectory(directory, keep=settings.identity.keys_kept)
    keys.create()
    people = identity.Identity(settings.identity, keys)
    services = [
        identity_service(people),
        image_service(settings.image),
        PLACEMENT,
        network_service(settings.network, parts.keep),
        compute_service(settings.database.keep),
    ]
    system = System(
        [*services, lens_service(services)],
        parts.database,
        parts.clock,
        parts.ids,
        parts.bus,
        parts.wakeups,
        authenticate=partial(identity.authenticate, people),
        identity_url=f"{settings.main.auth_url}/v3",
        questions=HostQuestions(_images(settings), _metadata),
        overrides=load_overrides(settings.main.policy_file) if settings.main.policy_file else None,
        owner=settings.main.host,
        fault=parts.fault,
        wait=parts.wait,
        notifications=_notifications(settings),
    )
    return system, people
