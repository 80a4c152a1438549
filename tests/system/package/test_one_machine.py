"""docs/install.md on one machine: its commands, run from the page in a clean Debian, then what the package promises.

The tests of this module are one story and run in this order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.system.package.guide import Block, blocks
from tests.system.package.site import Site, System, site

from cupola.testing.servers.machine import TARGET

ONE_MACHINE = [block for block in blocks("install.md") if block.section == "One machine"]
LOOK_AFTER = [block for block in blocks("install.md") if block.section == "Look after it"]
UPGRADE = [block for block in LOOK_AFTER if block.heading == "Upgrade"]
NAME = "clean"

pytestmark = [pytest.mark.root, pytest.mark.guest]


@pytest.fixture(scope="module")
def machine(debian: System) -> Iterator[Site]:
    with site(debian, NAME) as made:
        yield made


@pytest.mark.parametrize("block", [*ONE_MACHINE, *(each for each in LOOK_AFTER if each not in UPGRADE)], ids=str)
def test_the_commands_of_the_guide_do_what_it_says(machine: Site, block: Block) -> None:
    said = machine.carry_out(NAME, block)
    if "cupola demo" in block.text:
        assert "is ACTIVE after" in said
        assert "It answers ssh at" in said
        assert "No findings" in said


def test_it_is_whole_again_after_it_went_back_to_a_backup(machine: Site) -> None:
    machine.until(NAME, "cupola doctor", lambda said: "No findings" in said)
    assert "It answers ssh at" in machine.run(NAME, "cupola demo", seconds=300)


def test_installing_again_changes_nothing(machine: Site) -> None:
    said = machine.run(NAME, "cupola install --role all --no-image")
    assert "All files are as they should be." in said
    assert "Left to you" not in said


def test_check_finds_no_error_where_it_all_runs(machine: Site) -> None:
    found = json.loads(machine.run(NAME, "cupola check --role all --json"))
    assert found["fit"], found


def test_a_simulated_host_takes_servers_beside_the_real_one(machine: Site) -> None:
    """A second agent on the same machine, with a state directory and a credential of its own."""
    machine.run(
        NAME,
        """
        where='--config /etc/cupola/cupola.toml --state-dir /var/lib/cupola'
        cupola host credential simulated1 --output /var/lib/simulated/agent/credential $where
        sed '/^host = /s/=.*/= "simulated1"/; s/^# hypervisor = .*/hypervisor = "simulated"/' \\
            /etc/cupola/cupola.toml > /etc/cupola/simulated.toml
        systemd-run --quiet --unit=simulated -E CUPOLA_CONFIG=/etc/cupola/simulated.toml \\
            -E CUPOLA_STATE_DIR=/var/lib/simulated cupola agent
        """,
    )
    host = machine.run(NAME, '/usr/lib/cupola/bin/python3 -c "$SCRIPT"', SCRIPT=_SECOND_SERVER, seconds=180)
    assert host.strip() == "simulated1"
    machine.run(NAME, "systemctl stop simulated")  # no unit of the package's, which would not stop it


_SECOND_SERVER = """
from pathlib import Path
from cupola.cli.client import Client, Credentials, wait_for
from cupola.cli.demo import demo

state = Path("/var/lib/cupola")
admin = Client(Credentials.load(state, "cupola-admin"))
names = lambda: {host["name"] for host in admin.get("lens", "/v1/status")["hosts"] if host["alive"]}
wait_for("no second host", 90, lambda: "simulated1" in names() or None)
admin.call("PUT", "compute", "/os-services/disable", {"host": "clean", "binary": "nova-compute"})
list(demo(state, "second"))
servers = admin.get("compute", "/servers/detail?all_tenants=1")["servers"]
(second,) = (server for server in servers if server["name"] == "second")
assert second["status"] == "ACTIVE", second
print(second["OS-EXT-SRV-ATTR:host"])
"""


def test_an_upgrade_leaves_servers_running(machine: Site, newer: Path) -> None:
    before = machine.run(NAME, "pidof qemu-system-x86_64")
    machine.offer(NAME, newer)
    machine.carry_out(NAME, UPGRADE[0])
    assert machine.run(NAME, "pidof qemu-system-x86_64") == before
    machine.until(
        NAME, "systemctl is-active cupola-conductor cupola-agent", lambda said: said.split() == ["active"] * 2
    )


def test_a_purge_keeps_the_disks_of_servers_that_run_and_nothing_else(machine: Site) -> None:
    said = machine.run(NAME, "dpkg -P cupola")
    assert "servers run on this machine: /var/lib/cupola stays" in said
    left = machine.run(
        NAME, "systemctl list-units --plain --no-legend --all 'cupola*.service' cupola.target; pgrep -af cupola || true"
    )
    assert "cupola conductor" not in left and "cupola agent" not in left and "loaded active" not in left, left
    assert (
        machine.run(NAME, "ls -d /etc/cupola /usr/lib/cupola /etc/sysctl.d/60-cupola.conf 2> /dev/null || true") == ""
    )
    machine.run(NAME, "kill $(pidof qemu-system-x86_64); sleep 2; dpkg -i cupola_*.deb")
    assert "deleting /var/lib/cupola" in machine.run(NAME, "dpkg -P cupola")
    assert machine.run(NAME, "ls -d /var/lib/cupola 2> /dev/null || true; getent passwd cupola || true") == ""
    left = machine.run(NAME, "find /etc/systemd /var/lib/systemd /etc/apache2 -name '*cupola*'").split()
    assert left == [f"/etc/systemd/system/{TARGET}"]  # what the machine was booted to
