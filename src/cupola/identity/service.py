"""Identity's manifest."""

from __future__ import annotations

from datetime import timedelta

from cupola.base.errors import UnsupportedMediaType
from cupola.base.http.api import Api
from cupola.base.service import Service
from cupola.base.upkeep import Loop
from cupola.identity.api import faults, tokens
from cupola.identity.interface import Identity
from cupola.identity.logic import revocations
from cupola.identity.policies import tokens as token_policies


def service(identity: Identity) -> Service:
    """The service over the keys, hasher and memory of `identity`."""
    api = Api(
        "identity",
        "/identity",
        [*tokens.routes(identity)],
        faults.fault,
        statuses={UnsupportedMediaType: 400},
        headers={"Vary": "X-Auth-Token"},
    )
    forget = Loop(
        "identity.forget_revocations",
        timedelta(minutes=10),
        lambda ctx: revocations.prune(ctx, identity.settings.lifetime),
    )
    return Service("identity", api, policies=token_policies.RULES, upkeep=(forget,))
