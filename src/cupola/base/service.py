"""A service's manifest: all that wiring needs to know of it, declared in the service's own `service.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.events.record import Tell
from cupola.base.hosts.control import Wanted
from cupola.base.http.api import Api
from cupola.base.observe.findings import Check, Survey
from cupola.base.operations import Operation
from cupola.base.operations.conductor import Observe
from cupola.base.policy import Rule
from cupola.base.quota import Limit
from cupola.base.upkeep import Loop

OnHello = Callable[[Transaction, Context, str, Mapping[str, Any]], None]
"""Takes note of a host whose agent is new or started anew: (transaction, context, host, facts by kind)."""

Relates = Callable[[Transaction, str], Iterable[str]]
"""Ids of the things that a thing belongs to (a port's server), for traces."""


@dataclass(frozen=True)
class Service:
    """What one service brings to a running cloud.

    `wanted` and `observers` are by kind of thing ("server"); `checks` and `surveys` are what doctor compares;
    `relates` helps a trace to find the story of a thing that is part of another; `tells` are, by operation, what
    listeners of notifications are told.
    """

    name: str
    api: Api
    policies: Sequence[Rule]
    operations: Sequence[Operation] = ()
    upkeep: Sequence[Loop] = ()
    limits: Sequence[Limit] = ()
    wanted: Mapping[str, Wanted] = field(default_factory=dict)
    observers: Mapping[str, Observe] = field(default_factory=dict)
    on_hello: Sequence[OnHello] = ()
    checks: Sequence[Check] = ()
    surveys: Sequence[Survey] = ()
    relates: Sequence[Relates] = ()
    tells: Mapping[str, Tell] = field(default_factory=dict)
