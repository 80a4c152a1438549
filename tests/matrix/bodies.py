"""A good body for every route that takes one, by the route's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.matrix.world import CONSUMER, KEY, Call, World

from cupola.testing.cloud import PASSWORD

OTHER_PROVIDER = "88888888-8888-4888-8888-888888888888"


def body_of(world: World, call: Call) -> Any:
    """The body of a good request, None if the route takes none."""
    if not call.route.body and call.route.action is None:
        return None
    known = _all(world.things)
    assert call.name in known, f"a new route: give {call.name!r} a good body in tests/matrix/bodies.py"
    return known[call.name]


def _all(things: Mapping[str, str]) -> dict[str, Any]:
    return {
        **_identity(things),
        **_image(things),
        **_placement(things),
        **_network(things),
        **_compute(things),
        **_hosts(things),
    }


def _hosts(things: Mapping[str, str]) -> dict[str, Any]:
    return {
        "hosts PUT /v1/hosts/{host}/hello": {"facts": {}, "started_at": "2026-01-01T00:00:00+00:00"},
        "hosts POST /v1/hosts/{host}/documents": {
            "subjects": [f"server/{things['servers']}", f"network/{things['networks']}"]
        },
    }


def _identity(things: Mapping[str, str]) -> dict[str, Any]:
    endpoint = {"service_id": things["services"], "interface": "admin", "url": "http://rain.test/admin"}
    login = {"user": {"name": "somebody", "domain": {"id": "default"}, "password": PASSWORD}}
    return {
        "identity POST /v3/projects": {"project": {"name": "new", "domain_id": "default", "tags": ["red"]}},
        "identity PATCH /v3/projects/{project_id}": {"project": {"description": "changed"}},
        "identity PUT /v3/projects/{project_id}/tags": {"tags": ["blue"]},
        "identity POST /v3/domains": {"domain": {"name": "new"}},
        "identity PATCH /v3/domains/{domain_id}": {"domain": {"description": "changed"}},
        "identity POST /v3/groups": {"group": {"name": "new", "domain_id": "default"}},
        "identity PATCH /v3/groups/{group_id}": {"group": {"description": "changed"}},
        "identity POST /v3/roles": {"role": {"name": "new"}},
        "identity PATCH /v3/roles/{role_id}": {"role": {"name": "changed"}},
        "identity POST /v3/regions": {"region": {"id": "new", "description": "new"}},
        "identity PUT /v3/regions/{region_id}": {"region": {"description": "new"}},
        "identity PATCH /v3/regions/{region_id}": {"region": {"description": "changed"}},
        "identity POST /v3/services": {"service": {"type": "new", "name": "new"}},
        "identity PATCH /v3/services/{service_id}": {"service": {"name": "changed"}},
        "identity POST /v3/endpoints": {"endpoint": endpoint},
        "identity PATCH /v3/endpoints/{endpoint_id}": {"endpoint": {"url": "http://snow.test"}},
        "identity POST /v3/auth/tokens": {"auth": {"identity": {"methods": ["password"], "password": login}}},
        "identity POST /v3/users": {"user": {"name": "new", "domain_id": "default", "password": PASSWORD}},
        "identity PATCH /v3/users/{user_id}": {"user": {"description": "changed"}},
        "identity POST /v3/users/{user_id}/password": {
            "user": {"original_password": PASSWORD, "password": "another secret"}
        },
    }


def _image(things: Mapping[str, str]) -> dict[str, Any]:
    return {
        "image POST /v2/images": {"name": "new", "disk_format": "raw", "container_format": "bare", "tags": ["red"]},
        "image PATCH /v2/images/{image_id}": [{"op": "replace", "path": "/name", "value": "changed"}],
        "image POST /v2/images/{image_id}/import": {"method": {"name": "glance-direct"}},
        "image POST /v2/images/{image_id}/members": {"member": things["another project"]},
        "image PUT /v2/images/{image_id}/members/{member_id}": {"status": "accepted"},
    }


def _placement(things: Mapping[str, str]) -> dict[str, Any]:
    provider = things["resource_providers"]
    inventory = {"total": 9, "reserved": 0, "min_unit": 1, "max_unit": 9, "step_size": 1, "allocation_ratio": 1.0}
    generation = {"resource_provider_generation": 3}
    owner = {"project_id": things["projects"], "user_id": things["users"]}
    claim = {
        "allocations": {provider: {"resources": {"CUSTOM_BOX": 2}}},
        **owner,
        "consumer_generation": 1,
        "consumer_type": "BOX",
    }
    providers = "/resource_providers/{uuid}"
    boxes = {"inventories": {"CUSTOM_BOX": inventory}, **generation}
    return {
        "placement POST /resource_providers": {"name": "new", "uuid": OTHER_PROVIDER, "parent_provider_uuid": provider},
        f"placement PUT {providers}": {"name": "changed"},
        f"placement POST {providers}/inventories": {"resource_class": "VCPU", **inventory, **generation},
        f"placement PUT {providers}/inventories": boxes,
        f"placement PUT {providers}/inventories/{{resource_class}}": {**inventory, **generation},
        f"placement PUT {providers}/traits": {"traits": ["CUSTOM_DRY"], **generation},
        f"placement PUT {providers}/aggregates": {"aggregates": [CONSUMER], **generation},
        "placement POST /resource_classes": {"name": "CUSTOM_NEW"},
        "placement PUT /resource_classes/{name}": {"name": "CUSTOM_CHANGED"},
        "placement PUT /allocations/{consumer_uuid}": claim,
        "placement POST /allocations": {CONSUMER: claim},
        "placement POST /reshaper": {"inventories": {provider: boxes}, "allocations": {CONSUMER: claim}},
    }


def _network(things: Mapping[str, str]) -> dict[str, Any]:
    tags = {
        f"network {method} /v2.0/{kind}/{{id}}/tags": {"tags": ["blue"]}
        for method in ("POST", "PUT")
        for kind in ("networks", "subnets", "ports", "security-groups", "routers", "floatingips")
    }
    rule = {
        "security_group_id": things["security-groups"],
        "direction": "ingress",
        "ethertype": "IPv4",
        "protocol": "tcp",
        "port_range_min": 22,
        "port_range_max": 22,
        "remote_ip_prefix": "192.0.2.0/24",
    }
    subnet = {
        "network_id": things["networks"],
        "ip_version": 4,
        "cidr": "192.168.8.0/24",
        "dns_nameservers": ["192.0.2.1"],
        "allocation_pools": [{"start": "192.168.8.10", "end": "192.168.8.20"}],
        "host_routes": [{"destination": "192.0.2.0/24", "nexthop": "192.168.8.9"}],
    }
    route = {"routes": [{"destination": "198.51.100.0/24", "nexthop": "192.168.7.9"}]}
    return tags | {
        "network POST /v2.0/networks": {"network": {"name": "new", "admin_state_up": True, "mtu": 1400}},
        "network PUT /v2.0/networks/{id}": {"network": {"name": "changed"}},
        "network POST /v2.0/subnets": {"subnet": subnet},
        "network PUT /v2.0/subnets/{id}": {"subnet": {"name": "changed", "dns_nameservers": ["192.0.2.2"]}},
        "network POST /v2.0/ports": {"port": {"network_id": things["networks"], "name": "new"}},
        "network PUT /v2.0/ports/{id}": {"port": {"name": "changed"}},
        "network POST /v2.0/security-groups": {"security_group": {"name": "new", "description": "new"}},
        "network PUT /v2.0/security-groups/{id}": {"security_group": {"name": "changed"}},
        "network POST /v2.0/security-group-rules": {"security_group_rule": rule},
        "network POST /v2.0/routers": {"router": {"name": "new", "admin_state_up": True}},
        "network PUT /v2.0/routers/{id}": {"router": {"name": "changed"}},
        "network PUT /v2.0/routers/{id}/add_router_interface": {"port_id": things["free port"]},
        "network PUT /v2.0/routers/{id}/remove_router_interface": {"subnet_id": things["subnets"]},
        "network PUT /v2.0/routers/{id}/add_extraroutes": {"router": route},
        "network PUT /v2.0/routers/{id}/remove_extraroutes": {"router": route},
        "network POST /v2.0/floatingips": {"floatingip": {"floating_network_id": things["public network"]}},
        "network PUT /v2.0/floatingips/{id}": {"floatingip": {"port_id": things["ports"], "description": "changed"}},
        "network PUT /v2.0/quotas/{project_id}": {"quota": {"port": 400}},
    }


def _compute(things: Mapping[str, str]) -> dict[str, Any]:
    actions: dict[str, Any] = {
        "os-start": None,
        "os-stop": None,
        "reboot": {"type": "SOFT"},
        "lock": {"locked_reason": "busy"},
        "unlock": None,
        "os-resetState": {"state": "error"},
        "forceDelete": None,
        "os-getConsoleOutput": {"length": 10},
        "addSecurityGroup": {"name": "default"},
        "removeSecurityGroup": {"name": "group"},
        "confirmResize": None,
        "revertResize": None,
    }
    flavor = "compute POST /v2.1/flavors/{flavor_id}"
    one = "/v2.1/servers/{server_id}"
    server = {
        "name": "new",
        "imageRef": things["guest image"],
        "flavorRef": things["flavors"],
        "networks": [{"uuid": things["networks"]}],
    }
    key = {"name": "new", "type": "ssh", "public_key": KEY}
    aggregate = "/v2.1/os-aggregates/{aggregate_id}"
    return {
        "compute POST /v2.1/flavors": {"flavor": {"name": "new", "ram": 64, "vcpus": 1, "disk": 1}},
        "compute PUT /v2.1/flavors/{flavor_id}": {"flavor": {"description": "changed"}},
        f"{flavor}/os-extra_specs": {"extra_specs": {"hw:cpu_policy": "shared"}},
        "compute PUT /v2.1/flavors/{flavor_id}/os-extra_specs/{key}": {"hw:cpu_policy": "shared"},
        f"{flavor}/action#addTenantAccess": {"addTenantAccess": {"tenant": things["another project"]}},
        f"{flavor}/action#removeTenantAccess": {"removeTenantAccess": {"tenant": things["projects"]}},
        "compute POST /v2.1/os-keypairs": {"keypair": key},
        "compute POST /v2.1/os-aggregates": {"aggregate": {"name": "new", "availability_zone": "zone"}},
        f"compute PUT {aggregate}": {"aggregate": {"name": "changed"}},
        f"compute POST {aggregate}/action#add_host": {"add_host": {"host": "h1"}},
        f"compute POST {aggregate}/action#remove_host": {"remove_host": {"host": "h1"}},
        f"compute POST {aggregate}/action#set_metadata": {"set_metadata": {"metadata": {"colour": "red"}}},
        "compute PUT /v2.1/os-quota-sets/{project_id}": {"quota_set": {"cores": 40}},
        "compute PUT /v2.1/os-services/{service_id}": {"status": "disabled", "disabled_reason": "repair"},
        "compute POST /v2.1/servers": {"server": server},
        f"compute PUT {one}": {"server": {"name": "changed"}},
        **{f"compute POST {one}/action#{name}": {name: argument} for name, argument in actions.items()},
        f"compute POST {one}/metadata": {"metadata": {"size": "big"}},
        f"compute PUT {one}/metadata": {"metadata": {"size": "big"}},
        f"compute PUT {one}/metadata/{{key}}": {"meta": {"colour": "blue"}},
        f"compute PUT {one}/tags": {"tags": ["blue"]},
        f"compute POST {one}/os-interface": {"interfaceAttachment": {"net_id": things["private network"]}},
        f"compute POST {one}/os-volume_attachments": {"volumeAttachment": {"volumeId": CONSUMER}},
    }
