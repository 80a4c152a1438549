"""What only real databases show: bodies at the same time, keys that refer to each other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import func, select

from cupola.base.errors import Conflict, NotFound
from cupola.network import interface
from cupola.network.interface import WantedPort
from cupola.network.logic import networks
from cupola.network.logic.network_documents import WantedNetworks
from cupola.network.logic.router_documents import WantedRouters
from cupola.network.store import tables


def make(service: Any, server_id: str, *wanted: WantedPort) -> Any:
    return service.do(interface.create_ports_in, server_id, wanted, project_id="blue")


def count(service: Any, table: Any) -> int:
    return int(service.see(lambda tx: tx.scalar(select(func.count()).select_from(table))))


def test_a_server_comes_and_goes(any_service: Any) -> None:
    service = any_service
    for _ in range(2):
        interface.bootstrap(service.ctx, "172.24.4.0/24", "blue")
    service.host("one", vtep="192.0.2.1")
    (router_id,) = service.see(WantedRouters().subjects, "one")
    document = service.see(WantedRouters().documents, "one", [router_id])[router_id]
    assert document["interfaces"][0]["addresses"] == ["10.0.0.1/24"] and len(document["requires"]) == 2
    network = service.do(interface.default_network_for, "blue")
    make(service, "server", WantedPort(network.id))
    bound = service.do(interface.bind_ports_in, "server", "two", announce=False)
    assert bound.network_ids == (network.id,)
    assert service.see(WantedNetworks().documents, "two", [network.id])[network.id]["ports"][0]["server_id"] == "server"
    assert len(service.see(interface.addresses_of, ["server"])["server"]) == 1
    assert service.see(interface.servers_with_address, "10.0.0.", 4) == ["server"]
    assert service.do(interface.delete_ports_of, "server") == {"network__port": 1}
    assert service.see(WantedNetworks().subjects, "two") == []


def test_many_ports_at_once_have_different_addresses(any_service: Any) -> None:
    service = any_service
    network, _ = service.network("10.0.0.0/27")
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda n: make(service, f"server-{n}", WantedPort(network.id)), range(24)))
    addresses = [port.fixed_ips[0].ip_address for ports in made for port in ports]
    assert len(set(addresses)) == 24
    assert count(service, tables.security_groups) == 1, "the default group is made once"


def test_one_address_asked_for_by_many_is_given_once(any_service: Any) -> None:
    service = any_service
    network, _ = service.network()

    def ask(number: int) -> bool:
        try:
            make(service, f"server-{number}", WantedPort(network.id, fixed_ip="10.0.0.9"))
        except interface.IpAddressAlreadyAllocated:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(ask, range(8))) == 1


def test_a_network_goes_or_gets_a_port_never_both(any_service: Any) -> None:
    service = any_service
    made = [service.network(f"10.{number}.0.0/24")[0].id for number in range(6)]

    def plug(id_: str) -> bool:
        try:
            make(service, f"server-{id_}", WantedPort(id_))
        except (NotFound, interface.NetworkRequiresSubnet):
            return False
        return True

    def delete(id_: str) -> bool:
        try:
            networks.delete(service.ctx, id_)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        pairs = [(pool.submit(plug, id_), pool.submit(delete, id_)) for id_ in made]
        outcomes = [(plugged.result(), deleted.result()) for plugged, deleted in pairs]
    assert all(plugged != deleted for plugged, deleted in outcomes)
