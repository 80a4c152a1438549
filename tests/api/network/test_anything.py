"""Whatever is asked, in any order: no request ends in a fault, and hosts learn of all that changes (`Witness`)."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import Any

import pytest

CALLS = 150


class Anybody:
    """An administrator who does what comes to mind with two networks, routers, groups and hosts."""

    def __init__(self, api: Any, seed: int) -> None:
        self.api = api
        self.chance = random.Random(seed)
        self.ids: dict[str, list[str]] = defaultdict(list)
        for host in ("one", "two"):
            api.host(host)
        self.public = api.public()["id"]
        for number in range(2):
            network = self.made("networks", name="n")
            self.made("subnets", network_id=network, ip_version=4, cidr=f"10.{number}.0.0/24")
            self.made("security-groups", name="g")
            self.made("routers", name="r", external_gateway_info={"network_id": self.public} if number else None)

    def one_of(self, *values: Any) -> Any:
        return self.chance.choice(values)

    def any_of(self, collection: str) -> str:
        return self.chance.choice(self.ids[collection] or ["0"])

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.api(method, f"/v2.0/{path}", body, "admin")
        assert answer.status < 500, (method, path, body)
        assert self.api.witness.missed == [], (method, path, body)
        return answer

    def made(self, collection: str, **values: Any) -> str:
        kind = collection.removesuffix("s").replace("-", "_")
        answer = self.ask("POST", collection, {kind: {"project_id": "blue", **values}})
        self.ids[collection] += [answer.body[kind]["id"]] if answer.status == 201 else []
        return self.ids[collection][-1] if self.ids[collection] else "0"

    def change(self, collection: str, *changes: dict[str, Any]) -> None:
        kind = collection.removesuffix("s").replace("-", "_")
        self.ask("PUT", f"{collection}/{self.any_of(collection)}", {kind: self.one_of(*changes)})

    def remove(self, collection: str) -> None:
        id_ = self.any_of(collection)
        if self.ask("DELETE", f"{collection}/{id_}").status == 204:
            self.ids[collection].remove(id_)

    def do(self) -> None:
        """Something."""
        done = [name for name in vars(Anybody) if name.startswith("some_")]
        getattr(self, self.one_of(*done))()

    def groups(self) -> list[str]:
        groups = self.ids["security-groups"]
        return self.chance.sample(groups, self.chance.randrange(len(groups) + 1))

    def some_subnet(self) -> None:
        network, number = self.any_of("networks"), self.chance.randrange(2, 200)
        slaac = {
            "ip_version": 6,
            "cidr": f"2001:db8:{number}::/64",
            "ipv6_ra_mode": "slaac",
            "ipv6_address_mode": "slaac",
        }
        plain = {"ip_version": 4, "cidr": f"10.{number}.0.0/24", "enable_dhcp": self.one_of(True, False)}
        self.made("subnets", network_id=network, **self.one_of(plain, slaac))

    def some_port(self) -> None:
        of_server = {"device_owner": "compute:nova", "device_id": f"s{self.chance.random()}"}
        more = self.one_of({}, of_server, {"allowed_address_pairs": [{"ip_address": "10.9.9.9"}]})
        place = {"network_id": self.any_of("networks"), "binding:host_id": self.one_of("one", "two", "")}
        self.made("ports", **place, security_groups=self.groups(), **more)

    def some_change_of_a_port(self) -> None:
        self.change(
            "ports",
            {"binding:host_id": self.one_of("one", "two", "")},
            {"admin_state_up": self.one_of(True, False)},
            {"security_groups": self.groups()},
            {"fixed_ips": []},
            {"mac_address": f"fa:16:3e:00:00:{self.chance.randrange(10, 99)}"},
            {"allowed_address_pairs": self.one_of([], [{"ip_address": "10.8.8.8"}])},
            {"device_owner": self.one_of("", "network:dhcp", "compute:nova", "network:router_interface")},
            {"port_security_enabled": False, "security_groups": []},
            {"port_security_enabled": True},
        )

    def some_change_of_a_network(self) -> None:
        self.change(
            "networks", {"mtu": 1400}, {"admin_state_up": False}, {"port_security_enabled": False}, {"name": "x"}
        )

    def some_change_of_a_subnet(self) -> None:
        route = {"destination": "192.0.2.0/24", "nexthop": "10.0.0.9"}
        self.change(
            "subnets",
            {"enable_dhcp": self.one_of(True, False)},
            {"gateway_ip": None},
            {"dns_nameservers": self.one_of([], ["192.0.2.53"])},
            {"host_routes": self.one_of([], [route])},
        )

    def some_rule(self) -> None:
        what = self.one_of(
            {"remote_group_id": self.any_of("security-groups")}, {"protocol": "tcp"}, {"ethertype": "IPv6"}
        )
        direction = self.one_of("ingress", "egress")
        self.made("security-group-rules", security_group_id=self.any_of("security-groups"), direction=direction, **what)

    def some_change_of_a_router(self) -> None:
        gateway = self.one_of(None, {"network_id": self.public, "enable_snat": self.one_of(True, False)})
        self.change("routers", {"admin_state_up": self.one_of(True, False)}, {"external_gateway_info": gateway})

    def some_interface(self) -> None:
        what = self.one_of({"subnet_id": self.any_of("subnets")}, {"port_id": self.any_of("ports")})
        self.ask("PUT", f"routers/{self.any_of('routers')}/{self.one_of('add', 'remove')}_router_interface", what)

    def some_floating_ip(self) -> None:
        self.made("floatingips", floating_network_id=self.public, port_id=self.one_of(None, self.any_of("ports")))
        self.change("floatingips", {"port_id": self.one_of(None, self.any_of("ports"))})

    def some_end(self) -> None:
        self.remove(self.one_of("ports", "subnets", "routers", "security-group-rules", "floatingips"))

    def some_rest(self) -> None:
        self.api.settle()


@pytest.mark.parametrize("seed", range(4))
def test_anything(api: Any, seed: int) -> None:
    anybody = Anybody(api, seed)
    for _ in range(CALLS):
        anybody.do()
    assert sum(map(len, anybody.ids.values())) > 20, "something came of it"
