"""Placement's manifest: what wiring needs to know of it."""

from __future__ import annotations

from cupola.base.http.api import Api
from cupola.base.http.microversions import Microversions
from cupola.base.service import Service
from cupola.placement.api import (
    allocation_candidates,
    allocations,
    features,
    inventories,
    names,
    resource_providers,
    usages,
    versions,
)
from cupola.placement.api.answers import MAXIMUM, MINIMUM, fault
from cupola.placement.policies import access
from cupola.placement.policies import allocations as allocation_policies
from cupola.placement.policies import names as name_policies
from cupola.placement.policies import providers as provider_policies

_ROUTED = (
    versions,
    resource_providers,
    inventories,
    features,
    names,
    allocations,
    usages,
    allocation_candidates,
)

SERVICE = Service(
    name="placement",
    api=Api(
        service="placement",
        root="/placement",
        routes=[route for module in _ROUTED for route in module.routes.declared],
        faults=fault,
        microversions=Microversions("placement", MINIMUM, MAXIMUM),
        media=("application/json",),
        implied=(),
        body_limit=16 * 1024 * 1024,
    ),
    policies=[*access.RULES, *provider_policies.RULES, *allocation_policies.RULES, *name_policies.RULES],
)
