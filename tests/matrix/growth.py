"""More of everything: what a list has many of, and what one thing has many of."""

from __future__ import annotations

from typing import Any

from tests.matrix.world import KEY, World, make, put

from cupola.testing.http import Browser


def grow(world: World, many: int) -> None:
    """Add `many` of each kind, and `many` parts to each of the world's things that has parts."""
    app = world.cloud.system.app
    member, admin = (Browser(app, world.tokens[name], "2.96") for name in ("member", "admin"))
    placement = Browser(app, world.tokens["admin"], "1.39")
    quota = {"quota": {"security_group": -1, "router": -1, "subnet": -1, "port": -1, "floatingip": -1, "network": -1}}
    put(admin, f"/network/v2.0/quotas/{world.things['projects']}", quota)
    for number in range(many):
        _identity(world, admin, number)
        _network(world, member, number)
        _image(world, member, number)
        _placement(world, placement, number)
        _compute(world, member, admin, number)
    world.cloud.settle()
    for number in range(many):
        _parts_of_server(world, member, number)
        world.cloud.settle()
    world.keep()


def _identity(world: World, admin: Browser, number: int) -> None:
    path, things = "/identity/v3", world.things
    project = make(admin, f"{path}/projects", project={"name": f"p{number}", "tags": [f"t{number}"]})["id"]
    user = make(admin, f"{path}/users", user={"name": f"u{number}", "default_project_id": project})["id"]
    group = make(admin, f"{path}/groups", group={"name": f"g{number}"})["id"]
    role = make(admin, f"{path}/roles", role={"name": f"r{number}"})["id"]
    region = make(admin, f"{path}/regions", region={"id": f"far{number}", "parent_region_id": things["regions"]})["id"]
    make(admin, f"{path}/domains", domain={"name": f"d{number}"})
    service = make(admin, f"{path}/services", service={"type": f"s{number}"})["id"]
    for kind in (service, things["services"]):
        endpoint = {"service_id": kind, "region_id": region, "interface": "public", "url": "http://rain.test"}
        make(admin, f"{path}/endpoints", endpoint=endpoint)
    put(admin, f"{path}/projects/{things['projects']}/tags/t{number}")
    put(admin, f"{path}/groups/{things['groups']}/users/{user}")
    put(admin, f"{path}/groups/{group}/users/{things['users']}")
    put(admin, f"{path}/roles/{things['roles']}/implies/{role}")
    for actor in (f"users/{things['users']}", f"groups/{group}", f"users/{user}"):
        for place in (f"projects/{project}", f"projects/{things['projects']}", "domains/default", "system"):
            put(admin, f"{path}/{place}/{actor}/roles/{role}")


def _network(world: World, member: Browser, number: int) -> None:
    path, things = "/network/v2.0", world.things
    network = make(member, f"{path}/networks", network={"name": f"n{number}"})["id"]
    wanted: dict[str, Any] = {"network_id": network, "ip_version": 4, "cidr": f"172.16.{number}.0/24"}
    wanted |= {"dns_nameservers": ["192.0.2.1", "192.0.2.2"]}
    subnet = make(member, f"{path}/subnets", subnet=wanted)["id"]
    for _ in range(2):
        make(member, f"{path}/ports", port={"network_id": things["networks"], "name": f"n{number}"})
    other = {"network_id": things["networks"], "ip_version": 4, "cidr": f"172.17.{number}.0/24"}
    make(member, f"{path}/subnets", subnet=other)
    group = make(member, f"{path}/security-groups", security_group={"name": f"g{number}"})["id"]
    for one in (group, things["security-groups"]):
        rule = {"security_group_id": one, "direction": "ingress", "protocol": "tcp", "port_range_min": 1 + number}
        make(member, f"{path}/security-group-rules", security_group_rule=rule | {"port_range_max": 1 + number})
    gateway = {"network_id": things["public network"]}
    router = make(member, f"{path}/routers", router={"name": f"r{number}", "external_gateway_info": gateway})["id"]
    put(member, f"{path}/routers/{things['routers']}/add_router_interface", {"subnet_id": subnet})
    wanted["cidr"] = f"172.18.{number}.0/24"
    subnet = make(member, f"{path}/subnets", subnet=wanted)["id"]
    put(member, f"{path}/routers/{router}/add_router_interface", {"subnet_id": subnet})
    port = make(member, f"{path}/ports", port={"network_id": network, "fixed_ips": [{"subnet_id": subnet}]})["id"]
    address = {"floating_network_id": things["public network"], "port_id": port}
    make(member, f"{path}/floatingips", floatingip=address)
    things_by_kind = {"networks": network, "subnets": subnet, "ports": port, "routers": router}
    for kind, id_ in {**things_by_kind, **{kind: things[kind] for kind in things_by_kind}}.items():
        put(member, f"{path}/{kind}/{id_}/tags/t{number}")
    quota = {"quota": {"port": 300 + number}}
    put(world.cloud.admin(), f"{path}/quotas/{world.cloud.project_id(f'p{number}')}", quota)


def _image(world: World, member: Browser, number: int) -> None:
    path = "/image/v2/images"
    described = {"name": f"i{number}", "visibility": "shared", "tags": [f"t{number}", "red"], "colour": "red"}
    image = member.post(path, described).json["id"]
    guests = world.cloud.project_id(f"p{number}")
    for one in (image, world.things["images"]):
        make(member, f"{path}/{one}/members", member=guests)
        put(member, f"{path}/{one}/tags/t{number}")


def _placement(world: World, admin: Browser, number: int) -> None:
    path, parent = "/placement", world.things["resource_providers"]
    wanted = {"name": f"shelf{number}", "parent_provider_uuid": parent}
    provider = admin.post(f"{path}/resource_providers", wanted).json["uuid"]
    one, name = f"{path}/resource_providers/{provider}", f"CUSTOM_{number}"
    put(admin, f"{path}/traits/{name}")
    put(admin, f"{path}/resource_classes/{name}")
    inventories = {"CUSTOM_BOX": {"total": 8}, name: {"total": 8}}
    put(admin, f"{one}/inventories", {"resource_provider_generation": 0, "inventories": inventories})
    put(admin, f"{one}/traits", {"resource_provider_generation": 1, "traits": ["CUSTOM_DRY", name]})
    aggregates = {"resource_provider_generation": 2, "aggregates": [world.things["allocations"]]}
    put(admin, f"{one}/aggregates", aggregates)
    for consumer in (provider, provider[:-4] + "0000"):
        claim = {
            "allocations": {id_: {"resources": {"CUSTOM_BOX": 1}} for id_ in (parent, provider)},
            "project_id": world.things["projects"],
            "user_id": world.things["users"],
            "consumer_generation": None,
            "consumer_type": "BOX",
        }
        claim["allocations"] = {provider: {"resources": {"CUSTOM_BOX": 1, name: 1}}}
        put(admin, f"{path}/allocations/{consumer}", claim)


def _compute(world: World, member: Browser, admin: Browser, number: int) -> None:
    path, things = "/compute/v2.1", world.things
    make(member, f"{path}/os-keypairs", keypair={"name": f"k{number}", "public_key": KEY, "type": "ssh"})
    size = {"ram": 64, "vcpus": 1, "disk": 1}
    flavor = make(admin, f"{path}/flavors", flavor={"name": f"f{number}", **size})["id"]
    for one in (flavor, things["flavors"]):
        make(admin, f"{path}/flavors/{one}/os-extra_specs", extra_specs={f"colour{number}": "red"})
    access = {"tenant": world.cloud.project_id(f"p{number}")}
    make(admin, f"{path}/flavors/{things['own flavor']}/action", addTenantAccess=access)
    rack = make(admin, f"{path}/os-aggregates", aggregate={"name": f"rack{number}"})["id"]
    make(admin, f"{path}/os-aggregates/{rack}/action", add_host={"host": f"h{number + 1}"})
    make(admin, f"{path}/os-aggregates/{things['os-aggregates']}/action", add_host={"host": f"h{number + 2}"})
    networks = [{"uuid": things["private network"]}, {"uuid": things["networks"]}]
    server = {
        "name": f"s{number}",
        "imageRef": things["guest image"],
        "flavorRef": flavor,
        "networks": networks,
        "metadata": {"colour": "red", "number": str(number)},
        "tags": ["red", f"t{number}"],
        "key_name": f"k{number}",
        "security_groups": [{"name": "default"}, {"name": f"g{number}"}],
    }
    make(member, f"{path}/servers", server=server)


def _parts_of_server(world: World, member: Browser, number: int) -> None:
    one = f"/compute/v2.1/servers/{world.things['servers']}"
    put(member, f"{one}/tags/t{number}")
    make(member, f"{one}/metadata", metadata={f"k{number}": "v"})
    make(member, f"{one}/os-interface", interfaceAttachment={"net_id": world.things["private network"]})
    assert member.post(f"{one}/action", {"unlock": None}).status == 202
