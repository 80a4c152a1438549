"""Writers that meet: one begins, and another does its work in the middle of it.

On SQLite the other one waits, and so it does elsewhere wherever a row is locked by then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import pytest
from sqlalchemy import event, select

from cupola.base import quota
from cupola.base.errors import CupolaError
from cupola.base.hosts.control import LocalControl
from cupola.base.operations import Report
from cupola.base.operations.tables import outbox
from cupola.network import interface
from cupola.network.api.floating_ips import ATTRIBUTES as FLOATING_IP
from cupola.network.api.ports import ATTRIBUTES
from cupola.network.api.security_group_rules import ATTRIBUTES as RULE
from cupola.network.interface import WantedPort
from cupola.network.logic import floating_ips, ports, router_interfaces, routers, security_group_rules, subnets
from cupola.network.logic.network_documents import WantedNetworks
from cupola.network.logic.security_groups import create_in, default_in
from cupola.network.model.asked import Asked
from cupola.network.store import tables
from cupola.network.upkeep.accounts import routers_match
from cupola.testing.invariants import Witness

PATIENCE = 0.5
"""seconds that the first writer gives the other one, which may have to wait for it"""


@pytest.fixture
def meet(any_service: Any) -> Any:
    """Runs `second` once `first` has sent a statement with `after` in it; tells which of them got what they wanted."""

    def run(first: Callable[[], object], second: Callable[[], object], after: str) -> tuple[bool, bool]:
        other: list[Future[bool]] = []

        def between(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if after in statement and not other and threading.current_thread() is threading.main_thread():
                other.append(pool.submit(_succeeds, second))
                wait(other, PATIENCE)

        event.listen(any_service.db.engine, "after_cursor_execute", between)
        with ThreadPoolExecutor(1) as pool:
            return _succeeds(first), other[0].result()

    return run


def _succeeds(body: Callable[[], object]) -> bool:
    try:
        body()
    except CupolaError:
        return False
    return True


def _rows(service: Any, table: Any, *conditions: Any) -> Any:
    return service.see(lambda tx: tx.all(select(table).where(*conditions)))


def _port(service: Any, network_id: str) -> str:
    asked = ATTRIBUTES.for_create(service.ctx, {"network_id": network_id})
    return str(ports.create(service.ctx, [asked])[0].port.id)


@pytest.mark.parametrize("joins_first", [True, False])
def test_a_router_goes_or_joins_a_subnet_never_both(any_service: Any, meet: Any, joins_first: bool) -> None:
    service = any_service
    _, subnet = service.network()
    router = service.do(routers.add_in, "blue", {"name": "r"})

    def join() -> object:
        return router_interfaces.add(service.ctx, router.id, {"subnet_id": subnet.id})

    def delete() -> object:
        return routers.delete(service.ctx, router.id)

    first, second = (join, delete) if joins_first else (delete, join)
    assert sorted(meet(first, second, after="FROM ports")) == [False, True]
    assert service.see(lambda tx: list(routers_match(tx))) == []


def test_a_router_does_not_join_overlapping_subnets(any_service: Any, meet: Any) -> None:
    service = any_service
    router = service.do(routers.add_in, "blue", {"name": "r"})
    one, other = (_port(service, service.network(cidr)[0].id) for cidr in ("10.0.0.0/24", "10.0.0.0/16"))

    def join(port_id: str) -> object:
        return router_interfaces.add(service.ctx, router.id, {"port_id": port_id})

    assert sorted(meet(lambda: join(one), lambda: join(other), after="AND ports.plugged")) == [False, True]


def test_a_subnet_goes_or_gives_a_port_its_address_never_both(any_service: Any, meet: Any) -> None:
    service = any_service
    network, subnet = service.network()
    service.do(default_in, "blue")

    def plug() -> object:
        return service.do(interface.create_ports_in, "server", [WantedPort(network.id)], project_id="blue")

    deleted, plugged = meet(lambda: subnets.delete(service.ctx, subnet.id), plug, after="count(")
    assert deleted != plugged
    given = _rows(service, tables.ip_allocations, tables.ip_allocations.c.subnet_id == subnet.id)
    assert len(given) == (2 if plugged else 0), "its own and that of DHCP"


def test_the_subnets_of_a_network_do_not_overlap(any_service: Any, meet: Any) -> None:
    service = any_service
    network, _ = service.network("10.0.0.0/24")

    def make() -> object:
        return service.do(subnets.add_in, network, "blue", {"ip_version": 4, "cidr": "10.1.0.0/16"})

    assert sorted(meet(make, make, after="FROM subnets")) == [False, True]


def test_a_network_has_one_dhcp_port(any_service: Any, meet: Any) -> None:
    service = any_service
    network, first = service.network("10.0.0.0/24")
    second = service.do(subnets.add_in, network, "blue", {"ip_version": 4, "cidr": "10.1.0.0/16", "enable_dhcp": False})
    subnets.update(service.ctx, first.id, Asked({"enable_dhcp": False}))
    on = [
        lambda id_=each.id: subnets.update(service.ctx, id_, Asked({"enable_dhcp": True})) for each in (first, second)
    ]
    assert meet(*on, after="FROM ports") == (True, True)
    (port,) = _rows(service, tables.ports)
    assert len(_rows(service, tables.ip_allocations, tables.ip_allocations.c.port_id == port["id"])) == 2


@pytest.mark.parametrize("leads_first", [True, False])
def test_a_floating_ip_leads_through_a_router_or_the_subnet_parts_from_it(
    any_service: Any, meet: Any, leads_first: bool
) -> None:
    service = any_service
    interface.bootstrap(service.ctx, "172.24.4.0/24", "blue")
    (public,) = _rows(service, tables.networks, tables.networks.c.external)
    (router,) = _rows(service, tables.routers)
    (subnet,) = _rows(service, tables.subnets, tables.subnets.c.project_id == "blue")
    port_id = _port(service, subnet["network_id"])
    asked = FLOATING_IP.for_create(service.ctx, {"floating_network_id": public["id"]})
    (made,) = floating_ips.create(service.ctx, [asked])

    def lead() -> object:
        return floating_ips.update(service.ctx, made.floating_ip.id, Asked({"port_id": port_id}))

    def part() -> object:
        return router_interfaces.remove(service.ctx, router["id"], {"subnet_id": subnet["id"]})

    first, second = (lead, part) if leads_first else (part, lead)
    assert sorted(meet(first, second, after="AND ports.plugged")) == [False, True]


def test_what_is_deleted_twice_is_counted_once(any_service: Any, meet: Any) -> None:
    service = any_service
    network, _ = service.network()
    port_id, _ = (_port(service, network.id) for _ in range(2))
    before = service.see(quota.usage, "blue")["network.port"]

    def delete() -> object:
        return ports.delete(service.ctx, port_id)

    assert sorted(meet(delete, delete, after="FROM ports")) == [False, True]
    assert service.see(quota.usage, "blue")["network.port"] == before - 1


class _Groups:
    """Two networks, server-1 to come on one of them, and on the other one a server that lets in members of group g."""

    def __init__(self, service: Any) -> None:
        self.service = service
        service.host("one")
        (self.here, _), (self.there, _) = service.network(), service.network("10.1.0.0/24")
        service.do(default_in, "blue")
        self.group, self.watcher = (
            service.do(create_in, Asked({"project_id": "blue", "name": name, "description": ""})).id for name in "gw"
        )
        self.bind_first = self.server("server-1", self.here.id, "default")

    def server(self, id_: str, network_id: str, group: str) -> Callable[[], object]:
        """A server with a port of a group; returns what puts it on a host."""
        make = interface.create_ports_in
        self.service.do(make, id_, [WantedPort(network_id)], project_id="blue", security_groups=[group])
        return lambda: self.service.do(interface.bind_ports_in, id_, "one")

    def let_in(self, group: str) -> object:
        """Let ports of a group in that are in group g."""
        wanted = {"security_group_id": group, "remote_group_id": self.group, "direction": "ingress"}
        return security_group_rules.create(self.service.ctx, [RULE.for_create(self.service.ctx, wanted)])

    def join(self) -> object:
        return self.service.do(interface.add_group_in, "server-1", "blue", self.group)


def _two_members(world: _Groups) -> tuple[Any, Any, str]:
    return world.bind_first, world.server("server-2", world.there.id, "default"), "DISTINCT ports.network_id"


def _a_rule_and_a_member(world: _Groups) -> tuple[Any, Any, str]:
    return lambda: world.let_in(world.watcher), world.server("w", world.there.id, "w"), "DISTINCT ports.network_id"


def _a_member_and_its_group(world: _Groups) -> tuple[Any, Any, str]:
    world.server("w", world.there.id, "w")()
    world.let_in(world.watcher)
    return world.bind_first, world.join, "FROM port_security_groups"


def _a_group_and_its_member(world: _Groups) -> tuple[Any, Any, str]:
    _a_member_and_its_group(world)
    return world.join, world.bind_first, "INSERT INTO port_security_groups"


@pytest.mark.parametrize("case", [_two_members, _a_rule_and_a_member, _a_member_and_its_group, _a_group_and_its_member])
def test_a_host_learns_of_what_two_writers_do_to_a_group(any_service: Any, meet: Any, case: Any) -> None:
    first, second, after = case(_Groups(any_service))
    witness = Witness(LocalControl(any_service.cloud, {"network": WantedNetworks()}, _nothing, _nothing))
    witness.look("one")

    def then_look() -> None:
        second()
        witness.look("one")  # perhaps before the first one ends

    assert meet(first, then_look, after) == (True, True)
    witness.look("one")
    assert witness.missed == []


def test_the_second_host_of_a_network_learns_of_an_address_that_the_first_one_just_changed(
    any_service: Any, meet: Any
) -> None:
    service = any_service
    service.host("one", vtep="192.0.2.1")
    service.host("two", vtep="192.0.2.2")
    network, _ = service.network()
    for number, host in ((1, "one"), (2, "two")):
        service.do(interface.create_ports_in, f"server-{number}", [WantedPort(network.id)], project_id="blue")
        if host == "one":
            service.do(interface.bind_ports_in, "server-1", host)
    witness = Witness(LocalControl(service.cloud, {"network": WantedNetworks()}, _nothing, _nothing))

    def bind_and_look() -> None:
        service.do(interface.bind_ports_in, "server-2", "two")
        witness.look("two")

    hello = lambda: service.host("one", vtep="192.0.2.9")  # noqa: E731
    assert meet(hello, bind_and_look, "DISTINCT ports.network_id, ports.host") == (True, True)
    witness.look("two")
    assert witness.missed == []


def _nothing(*_: object) -> Any:
    raise AssertionError("nobody asks for images or metadata")


@pytest.mark.parametrize("answer_first", [True, False])
def test_a_host_is_told_of_a_change_that_meets_its_answer(any_service: Any, meet: Any, answer_first: bool) -> None:
    service, box = any_service, any_service.cloud.operations.outbox

    def change() -> None:
        service.do(box.converge, [("one", "network/n")])

    change()
    (message,) = _rows(service, outbox)
    report = Report(message["id"], "one", True, asked="converge", asks=0)

    def answer() -> None:
        service.ctx.transact("end", lambda tx: box.end(tx, report, "network/n", ""))

    first, second, after = (answer, change, "FROM outbox") if answer_first else (change, answer, "UPDATE outbox")
    assert meet(first, second, after) == (True, True)
    (told,) = _rows(service, outbox, outbox.c.state == "out")
    assert told["id"] != message["id"] or told["payload"] == {"asks": 1}
    assert told["payload"]["asks"] == told["asks"]
