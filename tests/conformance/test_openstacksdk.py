"""openstacksdk, on which Ansible and much else stands, does to a cloud what programs do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openstack.exceptions
import pytest
from tests.conformance.conftest import SimulatedCloud

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the SDK's, about itself
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]


@pytest.fixture(scope="module")
def demo(cloud: SimulatedCloud) -> Any:
    return cloud.connect()


@pytest.fixture(scope="module")
def admin(cloud: SimulatedCloud) -> Any:
    return cloud.connect("cupola-admin")


def test_who_am_i(demo: Any) -> None:
    assert demo.current_project.name == "demo"
    assert [found.name for found in demo.identity.user_projects(demo.current_user_id)] == ["demo"]


def test_projects_and_users(admin: Any) -> None:
    project = admin.create_project("sdk-project", domain_id="default")
    user = admin.create_user("sdk-user", domain_id="default", password="sunny-2-day", default_project=project.id)
    admin.grant_role("member", user=user.id, project=project.id)
    (given,) = admin.list_role_assignments({"user": user.id})
    assert given.scope["project"]["id"] == project.id
    assert admin.update_user(user.id, enabled=False).is_enabled is False
    assert admin.delete_user(user.id)
    assert admin.delete_project(project.id)


def test_images(demo: Any, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"image" * 1000)
    image = demo.create_image("sdk-image", filename=str(source), disk_format="raw", container_format="bare", wait=True)
    assert (image.status, image.size) == ("active", 5000)
    demo.image.update_image(image.id, os_distro="debian")
    assert b"".join(demo.image.download_image(image.id, stream=True).iter_content(1024)) == source.read_bytes()
    assert [each.id for each in demo.image.images(name="sdk-image")] == [image.id]
    assert demo.delete_image(image.id, wait=True)


def test_a_server_with_all_around_it(demo: Any, eventually: Callable[[Callable[[], Any]], Any]) -> None:
    network = demo.create_network("sdk-net")
    subnet = demo.create_subnet(network.id, cidr="10.79.0.0/24", subnet_name="sdk-subnet")
    public = demo.network.find_network("public")
    router = demo.create_router("sdk-router", ext_gateway_net_id=public.id)
    demo.add_router_interface(router, subnet_id=subnet.id)
    group = demo.create_security_group("sdk-group", "One")
    demo.create_security_group_rule(group.id, 22, 22, "tcp", "0.0.0.0/0")
    key = demo.create_keypair("sdk-key")
    assert "PRIVATE KEY" in key.private_key

    server = demo.create_server(
        "sdk-server",
        image="guest",
        flavor="m1.tiny",
        network=network.id,
        key_name=key.name,
        security_groups=[group.id],
        userdata="#!/bin/sh\n",
        auto_ip=True,
        wait=True,
    )
    server = demo.get_server(server.id)
    assert server.status == "ACTIVE"
    assert server.public_v4 and server.private_v4.startswith("10.79.0.")
    assert demo.compute.set_server_metadata(server, role="web").metadata["role"] == "web"
    demo.compute.stop_server(server)
    demo.compute.wait_for_server(server, status="SHUTOFF")
    demo.compute.start_server(server)
    demo.compute.wait_for_server(server)
    interface = demo.compute.create_server_interface(server, net_id=network.id)
    eventually(lambda: demo.network.get_port(interface.port_id).status == "ACTIVE")
    demo.compute.delete_server_interface(interface, server=server)
    eventually(lambda: demo.network.find_port(interface.port_id) is None)
    assert {each.action for each in demo.compute.server_actions(server)} >= {"create", "stop", "start"}

    assert demo.delete_server(server.id, wait=True, delete_ips=True)
    assert not list(demo.network.ips(status="ACTIVE"))
    demo.remove_router_interface(router, subnet_id=subnet.id)
    assert demo.delete_router(router.id)
    assert demo.delete_network(network.id)
    assert demo.delete_security_group(group.id)
    assert demo.delete_keypair(key.name)


def test_limits_and_quotas(demo: Any, admin: Any) -> None:
    assert demo.get_compute_limits().max_total_instances == 10
    project = demo.current_project_id
    admin.set_compute_quotas(project, cores=30)
    assert admin.get_compute_quotas(project).cores == 30
    admin.delete_compute_quotas(project)
    assert demo.get_network_quotas(project).ports == 500


def test_hosts(admin: Any) -> None:
    (host,) = admin.compute.hypervisors(details=True)
    assert (host.state, host.status) == ("up", "enabled")
    assert {each.binary for each in admin.compute.services()} >= {"nova-compute"}
    (provider,) = admin.placement.resource_providers()
    classes = {each.resource_class for each in admin.placement.resource_provider_inventories(provider)}
    assert classes == {"VCPU", "MEMORY_MB", "DISK_GB"}


def test_what_is_not_there(demo: Any) -> None:
    for get in (demo.compute.get_server, demo.network.get_port, demo.image.get_image):
        with pytest.raises(openstack.exceptions.NotFoundException):
            get("99999999-9999-4999-8999-999999999999")
