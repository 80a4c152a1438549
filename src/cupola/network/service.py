"""The network service's manifest."""

from __future__ import annotations

from datetime import timedelta

from cupola.base.http.api import Api
from cupola.base.service import Service
from cupola.network.api import (
    agents,
    extensions,
    floating_ips,
    networks,
    ports,
    quotas,
    routers,
    security_group_rules,
    security_groups,
    subnets,
    tags,
    versions,
)
from cupola.network.api.faults import STATUSES, network_fault
from cupola.network.limits import LIMITS
from cupola.network.logic import observed
from cupola.network.logic.network_documents import WantedNetworks
from cupola.network.logic.placing import on_hello
from cupola.network.logic.relations import relates
from cupola.network.logic.router_documents import WantedRouters
from cupola.network.policies import RULES
from cupola.network.settings import NetworkSettings
from cupola.network.upkeep.accounts import addresses_match, quota_matches, routers_match

_API = (
    versions,
    extensions,
    networks,
    subnets,
    ports,
    security_groups,
    security_group_rules,
    routers,
    floating_ips,
    tags,
    quotas,
    agents,
)


def service(settings: NetworkSettings, keep: timedelta = timedelta(0)) -> Service:
    """The network service; what documents of networks are made of is kept so long for other hosts that ask."""
    return Service(
        name="network",
        api=Api(
            "network",
            "/network",
            [route for module in _API for route in module.routes.declared],
            network_fault,
            statuses=STATUSES,
            implied=("OPTIONS",),
            trailing_slash=True,
        ),
        policies=RULES,
        limits=LIMITS,
        wanted={"network": WantedNetworks(keep), "router": WantedRouters()},
        observers={"network": observed.network, "router": observed.router},
        on_hello=(on_hello,),
        checks=(quota_matches, addresses_match, routers_match),
        relates=(relates,),
    )
