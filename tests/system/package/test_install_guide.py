"""docs/install.md: its commands, run from the page in a clean Debian, and then what the package promises.

The tests of this module are one story and run in this order.
"""

from __future__ import annotations

import json

import pytest
from tests.system.package.clean_root import CleanRoot
from tests.system.package.guide import Block, blocks

ONE_MACHINE = [block for block in blocks("install.md") if block.section in ("One machine", "Look after it")]

pytestmark = [pytest.mark.root, pytest.mark.guest]


def carry_out(root: CleanRoot, block: Block) -> str:
    """Run a block, and what it leaves to the operator because there is no systemd."""
    said = root.run(block.text, online="apt-get" in block.text, seconds=900)
    _, _, left = said.partition("Left to you, in this order:\n")
    if "--dry-run" not in block.text:
        for line in left.splitlines():
            root.run(line, seconds=300)
    return said


@pytest.mark.parametrize("block", ONE_MACHINE, ids=str)
def test_the_commands_of_the_guide_do_what_it_says(root: CleanRoot, block: Block) -> None:
    said = carry_out(root, block)
    if "cupola demo" in block.text:
        assert "is ACTIVE after" in said
        assert "It answers ssh at" in said
        assert "No findings" in said


def test_installing_again_changes_nothing(root: CleanRoot) -> None:
    assert "All files are as they should be." in root.run("cupola install --role all")


def test_check_finds_no_error_where_it_all_runs(root: CleanRoot) -> None:
    found = json.loads(root.run("cupola check --role all --json"))
    assert found["fit"], found


def test_a_simulated_host_takes_servers_beside_the_real_one(root: CleanRoot) -> None:
    """A second agent on the same machine, with a state directory and a credential of its own."""
    root.run(
        """
        where='--config /etc/cupola/cupola.toml --state-dir /var/lib/cupola'
        cupola host credential simulated1 --output /var/lib/simulated/agent/credential $where
        sed '/^host = /s/=.*/= "simulated1"/; s/^# hypervisor = .*/hypervisor = "simulated"/' \\
            /etc/cupola/cupola.toml > /etc/cupola/simulated.toml
        export CUPOLA_CONFIG=/etc/cupola/simulated.toml CUPOLA_STATE_DIR=/var/lib/simulated
        setsid cupola agent > /var/log/simulated.log 2>&1 &
        echo $! > /run/simulated.pid
        """
    )
    host = root.run('/usr/lib/cupola/bin/python3 -c "$SCRIPT"', SCRIPT=_SECOND_SERVER, seconds=180)
    assert host.strip() == "simulated1"
    root.run("kill $(cat /run/simulated.pid)")  # no unit's: the package would not stop it


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


def test_an_upgrade_leaves_servers_running(root: CleanRoot) -> None:
    before = root.run("pidof qemu-system-x86_64")
    root.run("dpkg -i cupola_*.deb")
    assert root.run("pidof qemu-system-x86_64") == before


def test_a_purge_keeps_the_disks_of_servers_that_run_and_nothing_else(root: CleanRoot) -> None:
    root.run("kill -KILL $(pidof apache2)")
    # The package asks for systemd by this directory; the stand-in stops what it started.
    said = root.run("mkdir -p /run/systemd/system; dpkg -P cupola; rmdir /run/systemd/system")
    assert root.run("grep -lzsE '^(agent|conductor)$' $(grep -lsa cupola /proc/[0-9]*/cmdline) || true") == ""
    assert "servers run on this machine: /var/lib/cupola stays" in said
    assert root.run("ls -d /etc/cupola /usr/lib/cupola /etc/sysctl.d/60-cupola.conf 2> /dev/null || true") == ""
    root.run("kill $(pidof qemu-system-x86_64); sleep 2; dpkg -i cupola_*.deb")
    assert "deleting /var/lib/cupola" in root.run("dpkg -P cupola")
    assert root.run("ls -d /var/lib/cupola 2> /dev/null || true; getent passwd cupola || true") == ""
