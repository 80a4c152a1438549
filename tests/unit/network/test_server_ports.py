"""Ports of servers as compute makes, binds and deletes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from cupola.base import quota
from cupola.base.db.transaction import Transaction
from cupola.network import interface
from cupola.network.interface import WantedPort
from cupola.network.logic.network_documents import WantedNetworks
from cupola.network.logic.plugging import add_port
from cupola.network.store import subnets as subnet_store
from cupola.network.store import tables
from cupola.network.store.networks import by_id


def make(service: Any, server_id: str, *wanted: WantedPort, **named: Any) -> Any:
    return service.do(interface.create_ports_in, server_id, wanted, project_id="blue", **named)


def statements(service: Any, host: str, ids: list[str]) -> int:
    """How many it takes to tell a host of networks."""
    before = service.db.statistics.statements
    service.see(WantedNetworks().documents, host, ids)
    return int(service.db.statistics.statements - before)


def rows_written(service: Any, body: Any) -> int:
    before = service.db.statistics.rows_written
    body()
    return int(service.db.statistics.rows_written - before)


def test_a_port_for_a_server_is_three_rows(service: Any) -> None:
    network, subnet = service.network()
    make(service, "server-1", WantedPort(network.id))
    written = rows_written(service, lambda: make(service, "server-2", WantedPort(network.id)))
    assert written == 3
    (port,) = service.see(interface.ports_of, ["server-2"])["server-2"]
    assert port.network_name == "net" and port.mtu == 1450 and port.tap == f"tap{port.port_id[:11]}"
    assert subnet.holds(port.fixed_ips[0].ip_address) and port.fixed_ips[0].ip_address != "10.0.0.1"
    assert port.mac.startswith("fa:16:3e:")


def test_a_port_that_is_on_no_host_is_nobodys_business(service: Any) -> None:
    service.host("one")
    network, _ = service.network()
    service.messages()
    make(service, "server-1", WantedPort(network.id))
    assert service.messages() == []


def test_binding_is_the_port_and_the_network_and_tells_only_other_hosts(service: Any) -> None:
    service.host("one")
    network, _ = service.network()
    make(service, "server-1", WantedPort(network.id))
    service.messages()
    bind = lambda: service.do(interface.bind_ports_in, "server-1", "one", announce=False)  # noqa: E731
    assert rows_written(service, bind) == 2
    assert service.messages() == []
    make(service, "server-2", WantedPort(network.id))
    bound = service.do(interface.bind_ports_in, "server-2", "two", announce=False)
    assert bound.network_ids == (network.id,) and bound.ports[0].host == "two"
    assert service.messages() == [("one", f"network/{network.id}")]


def test_binding_brings_networks_whose_rules_name_the_group(service: Any) -> None:
    service.host("one")
    here, _ = service.network()
    there, _ = service.network("10.1.0.0/24")
    make(service, "server-1", WantedPort(here.id))
    service.do(interface.bind_ports_in, "server-1", "one")
    make(service, "server-2", WantedPort(there.id))
    bound = service.do(interface.bind_ports_in, "server-2", "one", announce=False)
    assert set(bound.network_ids) == {here.id, there.id}


def test_the_document_holds_the_port_its_rules_and_the_members_of_groups(service: Any) -> None:
    service.host("one", vtep="192.0.2.1")
    service.host("two", vtep="192.0.2.2")
    network, _ = service.network()
    for number, host in ((1, "one"), (2, "two")):
        make(service, f"server-{number}", WantedPort(network.id))
        service.do(interface.bind_ports_in, f"server-{number}", host)
    document = service.see(WantedNetworks().documents, "two", [network.id])[network.id]
    (port,) = document["ports"]
    assert port["server_id"] == "server-2" and len(port["rules"]) == 4
    addresses = service.see(interface.addresses_of, ["server-1", "server-2"])
    both = sorted(each.address for of_server in addresses.values() for each in of_server)
    (members,) = document["remote_groups"].values()
    assert sorted(members) == both
    assert document["peers"] == ["192.0.2.1"] and document["dhcp"] is None
    assert {entry["vtep"] for entry in document["fdb"]} == {"192.0.2.1"}
    served = service.see(WantedNetworks().documents, "one", [network.id])[network.id]
    assert {each["mac"] for each in served["dhcp"]["hosts"]} == {port["mac"], served["ports"][0]["mac"]}
    assert service.see(WantedNetworks().documents, "three", [network.id]) == {}, "it was never there"


def test_a_network_is_to_be_gone_from_hosts_that_were_told_of_it(service: Any) -> None:
    for host in ("one", "two"):
        service.host(host)
    network, _ = service.network()
    make(service, "server-1", WantedPort(network.id))
    service.do(interface.bind_ports_in, "server-1", "two", announce=False)
    service.do(interface.unbind_ports_in, "server-1")
    short = network.id[:8]  # all that a host can tell of what is left of it
    asked = service.see(WantedNetworks().documents, "two", [network.id, short, "deadbeef"])
    assert asked == {network.id: None, short: None}
    assert statements(service, "two", [network.id]) == statements(service, "two", [network.id, short, "deadbeef"])
    assert service.see(WantedNetworks().documents, "three", [network.id]) == {}


def test_what_was_read_for_one_host_serves_others_until_the_network_changes(service: Any) -> None:
    network, _ = service.network()
    wanted = WantedNetworks(keep=timedelta(seconds=5))

    def bind(server: str, host: str) -> None:
        service.host(host, vtep=f"192.0.2.{len(host)}")
        make(service, server, WantedPort(network.id))
        service.do(interface.bind_ports_in, server, host)

    def read(host: str) -> int:
        """How many statements it takes; the document must be that of somebody who remembers nothing."""
        before = service.db.statistics.statements
        document = service.see(wanted.documents, host, [network.id])
        cost = int(service.db.statistics.statements - before)
        assert document == service.see(WantedNetworks().documents, host, [network.id])
        return cost

    bind("server-1", "one")
    bind("server-2", "three")
    whole = read("one")
    assert read("three") < whole and read("one") < whole and read("nobody") < whole
    bind("server-3", "one")
    assert read("three") == whole and read("one") < whole
    service.clock.advance(5)
    assert read("three") == whole


def test_documents_cost_the_same_however_many_ports(service: Any) -> None:
    network, _ = service.network()

    def cost() -> int:
        before = service.db.statistics.statements
        service.see(WantedNetworks().documents, "one", [network.id])
        return int(service.db.statistics.statements - before)

    make(service, "server-1", WantedPort(network.id))
    service.do(interface.bind_ports_in, "server-1", "one")
    first = cost()
    for number in range(2, 6):
        make(service, f"server-{number}", WantedPort(network.id))
        service.do(interface.bind_ports_in, f"server-{number}", "one")
    assert cost() == first


def test_deleting_gives_back_what_was_made_and_lets_go_of_what_was_there(service: Any) -> None:
    network, _ = service.network()

    def existing(tx: Transaction, ctx: Any) -> str:
        stored = by_id(tx, network.id)
        assert stored is not None
        return add_port(tx, ctx, stored, subnet_store.of_network(tx, network.id), "blue").port.id

    port_id = service.do(existing)
    wanted = (WantedPort(port_id=port_id), WantedPort(network.id))
    assert interface.amounts(wanted) == {"network__port": 1}
    service.host("one")
    make(service, "server-1", *wanted)
    service.do(interface.bind_ports_in, "server-1", "one")
    service.messages()
    assert service.do(interface.delete_ports_of, "server-1") == {"network__port": 1}
    assert service.do(interface.delete_ports_of, "server-1") == {"network__port": 0}
    assert ("one", f"network/{network.id}") in service.messages()
    kept = service.see(lambda tx: tx.all(select(tables.ports).where(tables.ports.c.id == port_id)))
    assert kept[0]["device_id"] == "" and kept[0]["host"] is None


def test_a_port_has_one_server(service: Any) -> None:
    network, _ = service.network()
    (port,) = make(service, "server-1", WantedPort(network.id))
    with pytest.raises(interface.PortInUse):
        make(service, "server-2", WantedPort(port_id=port.port_id))


def test_addresses_asked_for_are_given_once(service: Any) -> None:
    network, _ = service.network()
    make(service, "server-1", WantedPort(network.id, fixed_ip="10.0.0.77"))
    assert service.see(interface.server_by_address, f"network/{network.id}", "10.0.0.77") == "server-1"
    with pytest.raises(interface.IpAddressAlreadyAllocated):
        make(service, "server-2", WantedPort(network.id, fixed_ip="10.0.0.77"))


def test_a_full_subnet_says_so(service: Any) -> None:
    network, _ = service.network("10.0.0.0/29")
    for number in range(4):  # eight, less network, broadcast, gateway and DHCP
        make(service, f"server-{number}", WantedPort(network.id))
    with pytest.raises(interface.IpAddressGenerationFailure):
        make(service, "server-9", WantedPort(network.id))


def test_networks_that_cannot_be_used_are_refused(service: Any) -> None:
    outside, _ = service.network("192.0.2.0/24", "admin", **{"router:external": True})
    foreign, _ = service.network("10.9.0.0/24", "red")
    with pytest.raises(interface.ExternalNetworkAttachForbidden):
        make(service, "server-1", WantedPort(outside.id))
    for network_id in (foreign.id, "absent"):
        with pytest.raises(interface.NetworkNotFound):
            make(service, "server-1", WantedPort(network_id))
    with pytest.raises(interface.SecurityGroupNotFound):
        make(service, "server-1", WantedPort(service.network()[0].id), security_groups=["absent"])


def test_the_default_network_is_the_only_one(service: Any) -> None:
    find = lambda: service.do(interface.default_network_for, "blue")  # noqa: E731
    assert find() is None
    network, _ = service.network()
    assert find().id == network.id
    service.network("10.1.0.0/24")
    with pytest.raises(interface.NetworkAmbiguous):
        find()


def test_quota_of_two_services_is_taken_at_once(service: Any) -> None:
    limits = quota.Limits((quota.Limit("compute.cores", 2), *interface.LIMITS))

    def take(tx: Transaction, ctx: Any, ports: int) -> None:
        quota.take(tx, limits, "blue", compute__cores=1, network__port=ports)

    assert rows_written(service, lambda: service.do(take, 1)) <= 2
    with pytest.raises(quota.OverQuota, match="port"):
        service.do(take, 500)


def test_a_running_server_has_active_ports(service: Any) -> None:
    network, _ = service.network()
    make(service, "server-1", WantedPort(network.id))
    service.do(interface.bind_ports_in, "server-1", "one")
    activate = lambda: service.ctx.transact("t", lambda tx: interface.activate_ports_in(tx, "server-1"))  # noqa: E731
    assert activate() == 1
    assert activate() == 0
    assert service.see(interface.ports_of, ["server-1"])["server-1"][0].status == "ACTIVE"
