"""docs/install.md for several machines: controller, host and client, each command run where the page says, by TLS.

The tests of this module are one story and run in this order. `make test` does it on machines that are made of this
machine's own files; with CUPOLA_TEST_PACKAGE=1 they are clean Debian systems, and the package is upgraded in the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.system.package.guide import Block, blocks
from tests.system.package.site import Failed, Site, System, site

WHERE = {"": "controller", "controller": "controller", "host": "compute1", "client": "client"}
PAGE = list(blocks("install.md"))
BEFORE = [block for block in PAGE if block.heading in ("1. Packages", "3. Database and broker")]
SEVERAL = [block for block in PAGE if block.section == "Controller and compute hosts"]
UPGRADE = [block for block in PAGE if block.heading == "Upgrade"]
GUEST = "pidof qemu-system-x86_64"

pytestmark = [pytest.mark.root, pytest.mark.guest]


@pytest.fixture(scope="module")
def machines(system: System) -> Iterator[Site]:
    with site(
        system, *(("controller", "compute1", "client") if system.package else ("controller", "compute1"))
    ) as made:
        yield made


@pytest.mark.parametrize("block", [*BEFORE, *SEVERAL], ids=str)
def test_the_commands_of_the_guide_do_what_it_says(machines: Site, block: Block) -> None:
    name = WHERE[block.where]
    if name not in machines.machines:
        pytest.skip("takes packages from a mirror: `make test-full` runs it")
    if "server create" in block.text:
        machines.run("controller", "cp -p /var/lib/cupola/clouds.yaml /root/cupola")
        machines.bring("controller", "client", "authority.pem", "clouds.yaml")
    if block.looks or "console log" in block.text:
        machines.until(name, block.text, lambda said: all(each in said for each in signs(block)))
        return
    said = machines.carry_out(name, block)
    if "host credential" in block.text:
        machines.bring("controller", "compute1", "authority.pem", "transport_url", "compute1.credential")
    if "server create" in block.text:
        assert "ACTIVE" in said and "compute1" in said


def signs(block: Block) -> list[str]:
    """What a block that looks is to find, sooner or later."""
    wanted = {"host list": "compute1: up", "cupola status": ": ready", "doctor": "No findings", "console log": "login:"}
    return [sign for words, sign in wanted.items() if words in block.text]


def test_nothing_crosses_the_network_in_the_open(machines: Site) -> None:
    reachable = machines.run("controller", "ss -Hltn | awk '{ print $4 }'")
    assert "*:5671" in reachable and "127.0.0.1:5672" in reachable
    assert not {"0.0.0.0:5672", "*:5672"} & set(reachable.split())
    machines.run("compute1", "ss -Htn state established '( dport = :5671 )' | grep -q 192.0.2.1")
    with pytest.raises(Failed, match="returned error: 400"):  # Apache's word for plain HTTP at a port that speaks TLS
        machines.run("compute1", "curl --silent --show-error --fail http://cloud.example.org:8780/healthcheck")


def test_who_does_not_know_the_authority_is_told_so(machines: Site) -> None:
    ask = "curl --silent --show-error --fail https://cloud.example.org:8780/healthcheck"
    machines.run("compute1", ask)
    with pytest.raises(Failed, match="certificate"):
        machines.run("compute1", f"{ask} --cacert /etc/ssl/certs/ISRG_Root_X1.pem --capath /nowhere")


def test_a_server_runs_on_the_host(machines: Site) -> None:
    assert create(machines, "second") == "ACTIVE on compute1"
    machines.run("compute1", GUEST)


def create(machines: Site, name: str) -> str:
    return machines.run("controller", '/usr/lib/cupola/bin/python3 -c "$SCRIPT"', SCRIPT=_CREATE, NAME=name).strip()


_CREATE = """
import os
from pathlib import Path
from cupola.cli.client import Client, Credentials, wait_for

demo, admin = (Client(Credentials.load(Path("/var/lib/cupola"), name)) for name in ("cupola", "cupola-admin"))
wanted = {
    "name": os.environ["NAME"],
    "imageRef": demo.get("image", "/v2/images?name=guest")["images"][0]["id"],
    "flavorRef": "1",
    "networks": [{"uuid": demo.get("network", "/v2.0/networks?name=private")["networks"][0]["id"]}],
}
made = demo.post("compute", "/servers", {"server": wanted})["server"]["id"]
show = lambda: admin.get("compute", f"/servers/{made}")["server"]
wait_for("it was not built", 90, lambda: True if show()["status"] in ("ACTIVE", "ERROR") else None)
print(show()["status"], "on", show()["OS-EXT-SRV-ATTR:host"])
"""


def main_pid(machines: Site, name: str, unit: str) -> str:
    return machines.run(name, f"systemctl show --property=MainPID {unit}").strip()


def test_an_upgrade_in_the_guides_order_leaves_servers_running(machines: Site, newer: Path) -> None:
    controller, status, host, contract = UPGRADE
    for name in ("controller", "compute1"):
        machines.offer(name, newer)
    guests = machines.run("compute1", GUEST)
    conductor, agent = (
        main_pid(machines, "controller", "cupola-conductor"),
        main_pid(machines, "compute1", "cupola-agent"),
    )

    machines.carry_out("controller", controller)
    machines.until("controller", status.text, lambda said: all(each in said for each in signs(status)))
    machines.until("controller", "systemctl is-active cupola-conductor", lambda said: said == "active\n")
    assert main_pid(machines, "controller", "cupola-conductor") != conductor
    assert "revision: 9999" in machines.run("controller", "runuser -u cupola -- cupola db status")
    assert main_pid(machines, "compute1", "cupola-agent") == agent
    assert create(machines, "by-an-older-host") == "ACTIVE on compute1"

    machines.carry_out("compute1", host)
    machines.until("compute1", "systemctl is-active cupola-agent", lambda said: said == "active\n")
    assert main_pid(machines, "compute1", "cupola-agent") != agent
    assert create(machines, "by-a-newer-host") == "ACTIVE on compute1"

    machines.until("controller", "cupola doctor", lambda said: "No findings" in said)
    assert "No findings" in machines.carry_out("controller", contract)
    assert set(guests.split()) < set(machines.run("compute1", GUEST).split())
