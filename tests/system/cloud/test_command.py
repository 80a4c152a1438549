"""The `cupola` command with real guests: starting, stopping, two clouds on one machine, and leaving nothing behind."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from cupola.testing.real import RealCloud, run_cloud
from cupola.testing.servers import free_port
from cupola.wiring.places import namespaces
from cupola.wiring.started import started

pytestmark = [pytest.mark.root, pytest.mark.guest]


def tag_of(cloud: RealCloud) -> str:
    """What the names of all its namespaces, tables and links on the machine begin with."""
    settings = started(cloud.state)
    assert settings is not None
    return f"cupola-{namespaces(settings).network.tag}"


def bearing(*marks: str) -> list[str]:
    """Namespaces, links, routes, tables and processes of this machine in whose lines one of `marks` is."""
    listings = ("ip netns", "ip -d link", "ip route show table all", "nft list tables", "ps -ww -eo args=")
    found = [
        line
        for command in listings
        for line in subprocess.run(command.split(), capture_output=True, text=True, check=True).stdout.splitlines()
    ]
    return [line for line in found if any(mark in line for mark in marks)]


def groups(servers: set[str]) -> list[str]:
    """The control groups of these servers."""
    found = Path("/sys/fs/cgroup/cupola")
    return [group.name for group in found.iterdir() if group.name in servers] if found.is_dir() else []


def pid_of(cloud: RealCloud, server: str) -> int:
    """The process of a server's guest."""
    done = subprocess.run(["pgrep", "-f", f"qemu-system.*{server}"], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[0])


@pytest.fixture
def second() -> Iterator[RealCloud]:
    """Another cloud, on the same machine as the shared one."""
    with run_cloud() as cloud:
        yield cloud


def test_servers_outlive_the_process_that_started_them(cloud: RealCloud) -> None:
    server = cloud.boot("outlives")
    cloud.until(server, "ACTIVE")
    before = cloud.login(server, "cat /proc/sys/kernel/random/boot_id"), pid_of(cloud, server)
    for leave in (lambda: cloud.cupola("down"), cloud.kill):
        leave()
        assert pid_of(cloud, server) == before[1]
        cloud.up()
        cloud.until_no_findings()
        assert (cloud.login(server, "cat /proc/sys/kernel/random/boot_id"), pid_of(cloud, server)) == before
    fetched = "wget -q -O - http://169.254.169.254/openstack/latest/meta_data.json"
    assert orjson.loads(cloud.login(server, fetched))["uuid"] == server
    console = cloud.action(server, "os-getConsoleOutput", {})["output"]
    assert "login prompt" in console


def test_up_says_that_it_is_up_already(cloud: RealCloud) -> None:
    first = cloud.cupola("status").stdout.splitlines()[0]
    said = cloud.cupola("up", "--port", "1").stdout
    assert f"up already at http://127.0.0.1:{cloud.port}" in said
    assert cloud.cupola("status").stdout.splitlines()[0] == first


def test_ssh_finds_the_way_by_name_and_gives_back_the_exit_status(cloud: RealCloud) -> None:
    shown = cloud.cupola("demo", "--name", "named")
    assert "answers ssh at 172.24." in shown.stdout
    assert cloud.cupola("ssh", "named", "hostname").stdout == "named\n"
    assert cloud.cupola("ssh", "named", "exit 3", check=False).returncode == 3
    assert "no server called 'nobody'" in cloud.cupola("ssh", "nobody", "true", check=False).stderr


@pytest.mark.qemu_only("two clouds want the one network of its machine")
def test_two_clouds_stand_side_by_side(cloud: RealCloud, second: RealCloud) -> None:
    clouds = (cloud, second)
    networks = {subnet(each) for each in clouds}
    assert len(networks) == 2
    servers = [each.boot("same") for each in clouds]
    for each, server in zip(clouds, servers, strict=True):
        each.until(server, "ACTIVE")
    for each, server in zip(clouds, servers, strict=True):
        assert each.login(server, "hostname").strip() == "same"
        fetched = "wget -q -O - http://169.254.169.254/openstack/latest/meta_data.json"
        assert orjson.loads(each.login(server, fetched))["uuid"] == server
        each.until_no_findings()
    second.cupola("down")
    second.up()
    assert subnet(second) in networks


def subnet(cloud: RealCloud) -> str:
    """The public network's, as its administrator sees it."""
    return str(cloud.admin.get("network", "/v2.0/subnets?name=public-subnet")["subnets"][0]["cidr"])


def test_a_port_in_use_is_named_and_nothing_is_made(cloud: RealCloud, tmp_path: Path) -> None:
    said = cloud.cupola("up", "--state-dir", str(tmp_path / "s"), "--port", str(cloud.port), check=False)
    assert said.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{cloud.port}" in said.stderr
    assert bearing(str(tmp_path)) == []
    cloud.cupola("down", "--purge", "--state-dir", str(tmp_path / "s"))
    assert list(tmp_path.iterdir()) == []
    assert cloud.openstack("server", "list") == ""


def test_what_it_was_started_with_is_remembered_and_all_of_it_is_purged(tmp_path: Path) -> None:
    file, port = tmp_path / "cupola.toml", free_port()
    file.write_text(
        f'[DEFAULT]\nport = {port}\nbind = "0.0.0.0"\nhypervisor = "qemu"\nhost = "here"\n'
        '[network]\npublic_cidr = "172.24.77.0/24"\n'
    )
    with run_cloud(("--config", str(file))) as cloud:
        assert subnet(cloud) == "172.24.77.0/24"
        file.unlink()
        assert f"http://127.0.0.1:{port}" in cloud.cupola("status").stdout
        assert "host here: up" in cloud.cupola("status").stdout
        with socket.create_connection(("127.0.0.2", port), timeout=5):
            pass
        cloud.cupola("demo")
        assert cloud.cupola("ssh", "first", "hostname").stdout == "first\n"

        marks = tag_of(cloud), str(cloud.scratch), "172.24.77.0/24"
        kinds = " ".join(bearing(*marks))
        assert all(mark in kinds for mark in ("-here", "172.24.77.0/24", "-r-", "-d-", "qemu-system", "dnsmasq")), kinds
        servers = {guest.name for guest in (cloud.state / "hypervisor" / "guests").iterdir()}
        cloud.kill()
        cloud.cupola("down", "--purge")
        assert [*bearing(*marks), *groups(servers)] == []
        assert {path.name for path in cloud.scratch.rglob("*")} == {"config", "key", "key.pub"}


def test_the_machines_own_network_can_be_used() -> None:
    """`--host-network`, in a namespace that stands for a machine of its own."""
    name = f"test-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        inside = ["nsenter", f"--net=/run/netns/{name}", "--"]
        subprocess.run([*inside, "ip", "link", "set", "lo", "up"], check=True)
        options = ("--port", "8780", "--hypervisor", "qemu", "--host-network")
        with run_cloud(options, inside) as cloud:
            assert "answers ssh" in cloud.cupola("demo").stdout
            listed = subprocess.run([*inside, "ip", "-br", "link"], capture_output=True, text=True, check=True)
            assert "brq" in listed.stdout
            assert cloud.cupola("doctor").stdout.startswith("No findings")
        listed = subprocess.run([*inside, "ip", "-br", "link"], capture_output=True, text=True, check=True)
        assert [line.split()[0] for line in listed.stdout.splitlines()] == ["lo"]
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)
