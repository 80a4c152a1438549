"""A router's gateway: its port in an external network, and whether inner addresses are hidden behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cupola.base.context import Context
from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.network.errors import BadRequest, NetworkNotFound, RouterExternalGatewayInUseByFloatingIp
from cupola.network.logic import deletion
from cupola.network.logic.addresses import choose
from cupola.network.logic.changes import networks_changed, routers_changed
from cupola.network.logic.plugging import add_port
from cupola.network.logic.scope import of_network
from cupola.network.model.network import Network
from cupola.network.model.port import ROUTER_GATEWAY, Port
from cupola.network.model.router import Router
from cupola.network.store import floating_ips, networks, ports, subnets
from cupola.network.store import routers as router_store
from cupola.network.store.tables import routers


def change_in(tx: Transaction, ctx: Context, router: Router, wanted: Mapping[str, Any]) -> Router:
    """Bring the gateway to `wanted` {"network_id", "enable_snat", "external_fixed_ips"}; without a network: none.

    Raises NetworkNotFound, BadRequest (not an external network), RouterExternalGatewayInUseByFloatingIp, and the
    errors of addresses.
    """
    network_id = wanted.get("network_id")
    port = ports.by_id(tx, router.gateway_port_id) if router.gateway_port_id else None
    if port is not None and port.network_id != network_id:
        router = _leave(tx, ctx, router, port)
        port = None
    if network_id is None:
        return router
    snat = bool(wanted.get("enable_snat", True if port is None else router.enable_snat))
    if port is not None:
        _readdress(tx, router, port, wanted.get("external_fixed_ips"))
        router = rows.update(tx, routers, router, enable_snat=snat, updated_at=tx.now)
    else:
        port_id = _join(tx, ctx, router, _external(tx, ctx, network_id), wanted.get("external_fixed_ips"))
        router = rows.update(tx, routers, router, enable_snat=snat, gateway_port_id=port_id, updated_at=tx.now)
    return _told(tx, ctx, router, network_id)


def _external(tx: Transaction, ctx: Context, network_id: str) -> Network:
    network = networks.by_id(tx, network_id)
    if network is None or not ctx.may("get_network", of_network(network)):
        raise NetworkNotFound(network_id)
    if not network.external:
        raise BadRequest("router", f"Network {network_id} is not an external network.")
    return network


def join_in(tx: Transaction, ctx: Context, router: Router, network: Network) -> Router:
    """Give a new router a gateway, without asking policy."""
    port_id = _join(tx, ctx, router, network, None)
    router = rows.update(tx, routers, router, gateway_port_id=port_id, updated_at=tx.now)
    return _told(tx, ctx, router, network.id)


def _join(
    tx: Transaction, ctx: Context, router: Router, network: Network, fixed_ips: list[dict[str, str]] | None
) -> str:
    of_network = subnets.of_network(tx, network.id)
    if not of_network:
        raise BadRequest("router", f"No IPs available for external network {network.id}")
    detail = add_port(
        tx, ctx, network, of_network, "", fixed_ips or None,
        device_id=router.id, device_owner=ROUTER_GATEWAY, plugged=True, host=router.host, port_security_enabled=False,
    )  # fmt: skip
    return detail.port.id


def _readdress(tx: Transaction, router: Router, port: Port, wanted: list[dict[str, str]] | None) -> None:
    if not wanted:
        return
    kept = ports.fixed_ips_of(tx, [port.id]).get(port.id, ())
    of_network = subnets.of_network(tx, port.network_id)
    chosen = choose(tx, port.network_id, of_network, port.id, port.mac_address, wanted, kept)
    subnets.take_back(tx, [port.id])
    subnets.give(tx, port.id, chosen)


def _leave(tx: Transaction, ctx: Context, router: Router, port: Port) -> Router:
    if floating_ips.of_routers(tx, [router.id]):
        raise RouterExternalGatewayInUseByFloatingIp(router.id, port.network_id)
    router = rows.update(tx, routers, router, gateway_port_id=None, enable_snat=True, updated_at=tx.now)
    routers_changed(tx, ctx, [router.id])
    deletion.ports_in(tx, ctx, [port])
    return _now(tx, router)


def _told(tx: Transaction, ctx: Context, router: Router, network_id: str) -> Router:
    networks_changed(tx, ctx, [network_id] if router.host else [], except_host=router.host)
    routers_changed(tx, ctx, [router.id])
    return _now(tx, router)


def _now(tx: Transaction, router: Router) -> Router:
    return router_store.by_id(tx, router.id) or router
