"""The networks that a new cloud starts with; safe to repeat."""

from __future__ import annotations

from ipaddress import ip_network

from cupola.base import quota
from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.network.limits import LIMITS_OF
from cupola.network.logic import gateways, networks, router_interfaces, routers, subnets
from cupola.network.model.network import Network
from cupola.network.model.query import Query
from cupola.network.store import networks as network_store
from cupola.network.store import routers as router_store

PUBLIC, PRIVATE, ROUTER = "public", "private", "router"
PRIVATE_CIDR = "10.0.0.0/24"


def bootstrap(ctx: Context, public_cidr: str, demo_project_id: str, public_project_id: str = "") -> None:
    """An external network whose gateway is the host, and for the demo project a network behind a router."""

    def write(tx: Transaction) -> None:
        public = _public(tx, ctx, public_cidr, public_project_id)
        owned = Query({"project_id": (demo_project_id,)})
        if any(network.name == PRIVATE for network in network_store.page(tx, None, owned)):
            return
        if router_store.page(tx, None, owned):
            return
        _demo(tx, ctx, public, demo_project_id)

    ctx.transact("network.bootstrap", write)


def _public(tx: Transaction, ctx: Context, cidr: str, project_id: str) -> Network:
    found = network_store.page(tx, None, Query({"external": (True,)}))
    if found:
        return found[0]
    if project_id:
        quota.take(tx, LIMITS_OF, project_id, network__network=1, network__subnet=1)
    wanted = {"name": PUBLIC, "router:external": True, "is_default": True, "provider:network_type": "flat"}
    network = networks.add_in(tx, ctx, project_id, {**wanted, "provider:physical_network": PUBLIC})
    block = ip_network(cidr)
    subnet = {"name": "public-subnet", "ip_version": block.version, "cidr": cidr, "enable_dhcp": False}
    subnets.add_in(tx, ctx, network, project_id, subnet)
    return network


def _demo(tx: Transaction, ctx: Context, public: Network, project_id: str) -> None:
    quota.take(tx, LIMITS_OF, project_id, network__network=1, network__subnet=1, network__router=1, network__port=1)
    network = networks.add_in(tx, ctx, project_id, {"name": PRIVATE})
    wanted = {"name": "private-subnet", "ip_version": 4, "cidr": PRIVATE_CIDR}
    subnet = subnets.add_in(tx, ctx, network, project_id, wanted)
    router = routers.add_in(tx, ctx, project_id, {"name": ROUTER})
    router = gateways.join_in(tx, ctx, router, public)
    router_interfaces.join_in(tx, ctx, router, subnet)
