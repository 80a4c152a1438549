"""Identity's manifest."""

from __future__ import annotations

from datetime import timedelta

from cupola.base.errors import UnsupportedMediaType
from cupola.base.http.api import Api
from cupola.base.http.routes import Route
from cupola.base.service import Service
from cupola.base.upkeep import Loop
from cupola.identity import policies
from cupola.identity.api import (
    assignments,
    domains,
    endpoints,
    faults,
    grants,
    groups,
    holder,
    implied_roles,
    project_tags,
    projects,
    regions,
    roles,
    services,
    tokens,
    users,
    versions,
)
from cupola.identity.interface import Identity
from cupola.identity.logic import revocations
from cupola.identity.upkeep.rotate_keys import rotate_keys

_ROOMS = (
    versions,
    holder,
    projects,
    project_tags,
    domains,
    groups,
    roles,
    implied_roles,
    grants,
    assignments,
    regions,
    services,
    endpoints,
)


def service(identity: Identity) -> Service:
    """The service over the keys, hasher and memory of `identity`."""
    declared: list[Route] = [route for room in _ROOMS for route in room.routes.declared]
    declared += [*tokens.routes(identity), *users.routes(identity)]
    api = Api(
        "identity",
        "/identity",
        declared,
        faults.fault,
        statuses={UnsupportedMediaType: 400},
        headers={"Vary": "X-Auth-Token"},
        trailing_slash=True,
    )
    rotations = rotate_keys(identity.keys, timedelta(seconds=identity.settings.key_rotation))
    forget = Loop(
        "identity.forget_revocations",
        timedelta(minutes=10),
        lambda ctx: revocations.prune(ctx, identity.settings.lifetime),
    )
    return Service("identity", api, policies=policies.RULES, upkeep=(forget, *rotations))
