"""The image service's manifest."""

from __future__ import annotations

from functools import partial

from cupola.base.errors import OverQuota
from cupola.base.http.api import Api
from cupola.base.service import Service
from cupola.image.api import actions, data, discovery, images, members, tasks, versions
from cupola.image.api.faults import fault
from cupola.image.model.inspect import ImageRefused
from cupola.image.model.limits import LIMITS
from cupola.image.policies import discovery as discovery_policies
from cupola.image.policies import images as image_policies
from cupola.image.policies import members as member_policies
from cupola.image.settings import ImageSettings
from cupola.image.upkeep import uploads
from cupola.image.upkeep.stored import bytes_match


def service(settings: ImageSettings) -> Service:
    """The service over the store that the settings name."""
    routes = (
        versions.routes,
        images.routes(settings),
        data.routes(settings),
        actions.routes,
        members.routes,
        tasks.routes,
        discovery.routes(settings),
    )
    return Service(
        name="image",
        api=Api(
            service="image",
            root="/image",
            routes=[route for group in routes for route in group.declared],
            faults=fault,
            statuses={OverQuota: 413, ImageRefused: 415},
            media=(),
            implied=("OPTIONS",),
        ),
        policies=(*image_policies.RULES, *member_policies.RULES, *discovery_policies.RULES),
        upkeep=(uploads.loop(settings),),
        limits=LIMITS,
        surveys=(partial(bytes_match, settings),),
    )
