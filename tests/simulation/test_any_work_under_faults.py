"""Whatever clients ask, in whatever order, while messages are lost, repeated and reordered, processes die, hosts are
away and hypervisors fail: in the end nothing is left half done.

A failure names its seed; the same seed gives the same run.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cupola.base.hosts.agent import PASS_EVERY
from cupola.compute.host.drivers.errors import HypervisorError
from cupola.compute.host.reconcile import Verb
from cupola.testing.cloud import TestCloud
from cupola.testing.demo import NETWORK, SERVERS, Demo
from cupola.testing.http import Answer

STEPS = 30
HOSTS = ("h1", "h2", "h3")


class Restless:
    """Somebody who asks for one thing after another; what is refused (4xx) is refused, but nothing may break."""

    def __init__(self, cloud: TestCloud, chance: random.Random) -> None:
        self.cloud, self.chance = cloud, chance
        self.demo = Demo(cloud)
        self.networks = [self.demo.network(), self.demo.new_network("second", "10.1.0.0/24")]
        self.public = self.demo.network("public")
        self.demo.made("security-group", name="web")
        self.away: set[str] = set()
        self.mourns = False
        self.did: list[str] = []

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        answer = self.demo.http.call(method, path, body)
        self.did.append(f"{self.cloud.clock.now():%H:%M:%S.%f} {method} {path} {body or ''} -> {answer.status}")
        assert answer.status < 500, answer.content
        return answer

    def one_of(self, path: str, key: str) -> str | None:
        found = sorted(each["id"] for each in self.ask("GET", path).json[key])
        return self.chance.choice(found) if found else None

    def server(self) -> str:
        return self.one_of(SERVERS, "servers") or "none"

    def boot(self) -> None:
        networks = self.chance.sample(self.networks, self.chance.choice([1, 1, 2]))
        wanted = {"name": "any", "imageRef": self.demo.image, "flavorRef": "1"}
        self.ask("POST", SERVERS, {"server": {**wanted, "networks": [{"uuid": each} for each in networks]}})

    def boot_with_port(self) -> None:
        port = self.ask("POST", f"{NETWORK}/ports", {"port": {"network_id": self.networks[0]}}).json["port"]["id"]
        wanted = {"name": "any", "imageRef": self.demo.image, "flavorRef": "1", "networks": [{"port": port}]}
        self.ask("POST", SERVERS, {"server": wanted})

    def delete(self) -> None:
        self.ask("DELETE", f"{SERVERS}/{self.server()}")

    def act(self) -> None:
        reboots = [{"reboot": {"type": kind}} for kind in ("HARD", "SOFT")]
        action = self.chance.choice([{"os-stop": None}, {"os-start": None}, *reboots])
        self.ask("POST", f"{SERVERS}/{self.server()}/action", action)

    def attach(self) -> None:
        wanted = {"interfaceAttachment": {"net_id": self.chance.choice(self.networks)}}
        self.ask("POST", f"{SERVERS}/{self.server()}/os-interface", wanted)

    def detach(self) -> None:
        server = self.server()
        found = self.ask("GET", f"{SERVERS}/{server}/os-interface")
        ports = sorted(each["port_id"] for each in found.json["interfaceAttachments"]) if found.status == 200 else []
        if ports:
            self.ask("DELETE", f"{SERVERS}/{server}/os-interface/{self.chance.choice(ports)}")

    def rename(self) -> None:
        self.ask("PUT", f"{SERVERS}/{self.server()}", {"server": {"name": f"name-{self.chance.randrange(100)}"}})

    def float(self) -> None:
        self.ask("POST", f"{NETWORK}/floatingips", {"floatingip": {"floating_network_id": self.public}})

    def associate(self) -> None:
        port = self.one_of(f"{NETWORK}/ports?network_id={self.networks[0]}", "ports")
        floating = self.one_of(f"{NETWORK}/floatingips", "floatingips")
        chosen = self.chance.choice([port, port, None])
        if floating:
            self.ask("PUT", f"{NETWORK}/floatingips/{floating}", {"floatingip": {"port_id": chosen}})

    def sink(self) -> None:
        if floating := self.one_of(f"{NETWORK}/floatingips", "floatingips"):
            self.ask("DELETE", f"{NETWORK}/floatingips/{floating}")

    def rule(self) -> None:
        group = self.one_of(f"{NETWORK}/security-groups", "security_groups")
        wanted = {"security_group_id": group, "direction": "ingress", "protocol": "tcp"}
        low = self.chance.randrange(1, 5)
        ports = {"port_range_min": low, "port_range_max": low}
        self.ask("POST", f"{NETWORK}/security-group-rules", {"security_group_rule": {**wanted, **ports}})

    def port(self) -> None:
        if port := self.one_of(f"{NETWORK}/ports", "ports"):
            self.ask("PUT", f"{NETWORK}/ports/{port}", {"port": {"admin_state_up": self.chance.random() < 0.8}})

    def unport(self) -> None:
        """Delete a port, whosever it is."""
        if port := self.one_of(f"{NETWORK}/ports", "ports"):
            self.ask("DELETE", f"{NETWORK}/ports/{port}")

    def group(self) -> None:
        action = self.chance.choice(["addSecurityGroup", "removeSecurityGroup"])
        self.ask("POST", f"{SERVERS}/{self.server()}/action", {action: {"name": "web"}})

    def serve(self) -> None:
        """DHCP comes and goes."""
        subnet = self.one_of(f"{NETWORK}/subnets?network_id={self.networks[1]}", "subnets")
        self.ask("PUT", f"{NETWORK}/subnets/{subnet}", {"subnet": {"enable_dhcp": self.chance.random() < 0.5}})

    def route(self) -> None:
        router = self.one_of(f"{NETWORK}/routers", "routers")
        subnet = self.one_of(f"{NETWORK}/subnets?network_id={self.networks[1]}", "subnets")
        verb = self.chance.choice(["add", "remove"])
        self.ask("PUT", f"{NETWORK}/routers/{router}/{verb}_router_interface", {"subnet_id": subnet})

    def gateway(self) -> None:
        router = self.one_of(f"{NETWORK}/routers", "routers")
        out = self.chance.choice([{}, {"network_id": self.public}])
        self.ask("PUT", f"{NETWORK}/routers/{router}", {"router": {"external_gateway_info": out}})

    def short_lived(self) -> None:
        """A network and a router come, and go again while hosts still hear of them."""
        network = self.demo.new_network("short-lived", "10.9.0.0/24")
        wanted = {"name": "short-lived", "external_gateway_info": {"network_id": self.public}}
        router = self.ask("POST", f"{NETWORK}/routers", {"router": wanted}).json["router"]["id"]
        self.cloud.run_for(self.chance.choice([0.0, 0.01, 1.0]))
        self.ask("DELETE", f"{NETWORK}/routers/{router}")
        self.ask("DELETE", f"{NETWORK}/networks/{network}")

    def freeze(self) -> None:
        """A host hangs for a while, and goes on as if nothing had been."""
        host = self.chance.choice(HOSTS)
        if host not in self.away:
            self.cloud.simulator.stop(f"host.{host}")
            self.cloud.run_for(self.chance.choice([5.0, 70.0, 400.0]))
            self.cloud.simulator.resume(f"host.{host}")

    def leave(self) -> None:
        """A host goes away, or one that was comes back."""
        host = self.chance.choice(HOSTS)
        self.did.append(f"{self.cloud.clock.now():%H:%M:%S.%f} {host} {'comes' if host in self.away else 'goes'}")
        if host in self.away:
            self.come(host)
        else:
            self.away.add(host)
            self.cloud.simulator.stop(f"host.{host}")

    def come(self, host: str) -> None:
        self.away.discard(host)
        self.cloud.simulator.start(f"host.{host}")

    def break_something(self) -> None:
        """A hypervisor fails at what it does next, or a guest dies."""
        host = self.chance.choice(HOSTS)
        hypervisor = self.cloud.hosts[host].hypervisor
        running = sorted(id_ for id_, machine in hypervisor.observe().items() if machine.power == "running")
        if running and self.chance.random() < 0.5:
            server = self.chance.choice(running)
            self.did.append(f"guest {server} on {host} dies")
            hypervisor.crash(server)
            self.mourns = True
        else:
            verb = self.chance.choice([Verb.START, Verb.PLUG_NIC, Verb.UNPLUG_NIC, Verb.RESUME, Verb.SHUT_DOWN])
            self.did.append(f"{verb} will fail on {host}")
            hypervisor.fail(verb, HypervisorError(verb, "it was told to fail"))

    def whatever(self) -> Callable[[], None]:
        often = [self.boot] * 5 + [self.act] * 4 + [self.delete] * 2 + [self.attach, self.detach] * 2
        network = [self.float, self.associate, self.sink, self.rule, self.port, self.unport, self.group, self.serve]
        seldom = [self.boot_with_port, self.rename, self.route, self.gateway, self.short_lived]
        return self.chance.choice([*often, *network, *seldom, self.leave, self.freeze, self.break_something])


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_left_half_done(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    cloud = TestCloud(tmp_path, HOSTS, seed=seed)
    somebody = Restless(cloud, chance)
    cloud.bus.drop, cloud.bus.duplicate, cloud.bus.reorder = 0.15, 0.15, 0.3
    cloud.checkpoints.crash_at = frozenset(chance.sample(range(20 * STEPS), STEPS))
    for _ in range(STEPS):
        somebody.whatever()()
        with cloud.deadly():
            cloud.run_for(chance.choice([0.0, 0.01, 1.0, 8.0, 90.0]))
    for host in sorted(somebody.away):
        somebody.come(host)
    with cloud.deadly():
        cloud.settle()
    if somebody.mourns:  # hosts tell of guests that died with their full pass
        with cloud.bus.reliable():
            cloud.run_for(PASS_EVERY.total_seconds())
            cloud.settle()
    try:
        cloud.assert_sound()
    except AssertionError:
        print("\n".join(somebody.did))
        raise
