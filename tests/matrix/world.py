"""A cloud with one thing of each kind, owned by project demo, for the tests that go over every route of every API.

`World.calls()` lists the routes, `World.ask()` sends a good request to one, and `World.restored()` takes back what was
done in between, so that each request meets the same world.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cupola.base.hosts.credentials import issue
from cupola.base.http.api import Api
from cupola.base.http.microversions import text
from cupola.base.http.routes import Route
from cupola.testing.cloud import PASSWORD, TestCloud
from cupola.testing.databases import Kept
from cupola.testing.http import Answer, Browser

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7J3ZbJZ0p7Qz1m0xQ0h4p8mGx0s8n1Yl0dGm9xk1aB somebody"
CONSUMER = "77777777-7777-4777-8777-777777777777"
CALLERS = ("admin", "manager", "member", "reader", "other", "unscoped", "nobody")
"""Four roles in the owning project (admin's is another), a member of another project, no roles, no token."""

QUERIES = {
    "hosts GET /v1/hosts/{host}/metadata": "?network=network/{networks}&address=192.168.7.9&path=/latest/meta-data",
    "placement GET /usages": "?project_id={projects}",
    "placement GET /allocation_candidates": "?resources=CUSTOM_BOX:1",
}
"""Of routes that do not answer without one."""


@dataclass(frozen=True)
class Call:
    """One route of one API, by the name it has in tests: service, method, path#action."""

    api: Api
    route: Route

    @property
    def name(self) -> str:
        action = f"#{self.route.action}" if self.route.action else ""
        return f"{self.api.service} {self.route.method} {self.route.path}{action}"

    @property
    def mighty(self) -> str:
        """The caller to whom everything of the route is open."""
        return "admin" if self.api.bearer is None else "h1"

    @property
    def parts(self) -> list[str]:
        """The path's variables: each is `{name}`, and is filled by what comes before it."""
        return re.findall(r"\{[^}]+\}", self.route.path)

    @property
    def version(self) -> str | None:
        """The newest microversion that has the route."""
        known = self.api.microversions
        return None if known is None else text(min(self.route.until or known.maximum, known.maximum))

    @property
    def writes(self) -> bool:
        return self.route.method not in ("GET", "HEAD", "OPTIONS")


@dataclass
class World:
    """See the module. `things` are ids by the part of a path that they come after ("servers", "networks", …)."""

    cloud: TestCloud
    things: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str | None] = field(default_factory=dict)
    _images: dict[Path, bytes] = field(default_factory=dict)
    _rows: Kept | None = None

    def calls(self) -> list[Call]:
        """Every route, save compute's older form of the same paths."""
        apis = [service.api for service in self.cloud.system.services]
        return [Call(api, route) for api in apis for route in api.routes if "{own_project}" not in route.path]

    def path(self, call: Call, things: Mapping[str, str] | None = None) -> str:
        """The URL of a route, its variables filled with things of the world, or with others."""
        known = self.things | dict(things or {})

        def fill(match: re.Match[str]) -> str:
            assert match[1] in known, f"a new kind of thing: make one, for {call.name!r}, in tests/matrix/world.py"
            return f"{match[1]}/{quote(known[match[1]], safe=':')}"

        return call.api.root + re.sub(r"([\w.-]+)/\{[^}]+\}", fill, call.route.path).replace("{path:path}", "nowhere")

    def ask(
        self,
        call: Call,
        token: str | None,
        body: Any = None,
        things: Mapping[str, str] | None = None,
        query: str | None = None,
        **options: Any,
    ) -> Answer:
        """Send a request to a route, with the newest microversion that has it."""
        query = QUERIES.get(call.name, "").format(**self.things) if query is None else query
        browser = Browser(self.cloud.system.app, None if call.api.bearer else token, call.version)
        headers = dict(options.pop("headers", {}))
        if call.api.bearer and token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if call.api.service == "image" and call.route.method == "PATCH":
            headers["Content-Type"] = "application/openstack-images-v2.1-json-patch"
        if call.route.streams:
            headers["Content-Type"], options["content"] = "application/octet-stream", b"bytes"
        if call.route.path == "/v3/auth/tokens" and call.route.method != "POST":
            headers["X-Subject-Token"] = self.tokens["member"]
        return browser.call(call.route.method, self.path(call, things) + query, body, headers, **options)

    # taking back --------------------------------------------------------------------------------------------------

    def keep(self) -> None:
        """From now on `restored` comes back to this moment."""
        self._rows = Kept(self.cloud.database)
        self._images = {file: file.read_bytes() for file in self._files()}

    def restore(self) -> None:
        assert self._rows is not None
        self._rows.restore()
        for file in self._files():
            if file not in self._images:
                file.unlink()
        for file, content in self._images.items():
            if not file.exists():
                file.write_bytes(content)

    @contextlib.contextmanager
    def restored(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.restore()

    def _files(self) -> list[Path]:
        return sorted(file for file in self.cloud.settings.image.directory.rglob("*") if file.is_file())


def make_world(directory: Path, hosts: Sequence[str] = ("h1",)) -> World:
    """A world in which nothing is under way."""
    cloud = TestCloud(directory, hosts)
    world = World(cloud)
    _people(world)
    _identity(world)
    _network(world)
    _image(world)
    _placement(world)
    _compute(world)
    cloud.settle()
    world.keep()
    return world


def log_in(cloud: TestCloud, user: str, project_id: str | None = None) -> str:
    """A token of a user of the default domain: of a project, or unscoped."""
    who = {"user": {"name": user, "domain": {"id": "default"}, "password": PASSWORD}}
    auth: dict[str, Any] = {"identity": {"methods": ["password"], "password": who}}
    auth["scope"] = {"project": {"id": project_id}} if project_id else "unscoped"
    return cloud.anybody().post("/identity/v3/auth/tokens", {"auth": auth}).headers["x-subject-token"]


def make(browser: Browser, path: str, **wanted: Any) -> Any:
    """Create something, and return what is shown of it."""
    answer = browser.post(path, wanted)
    assert answer.status in (200, 201, 202), (path, answer.content)
    return next(iter(answer.json.values()))


def put(browser: Browser, path: str, body: Any = None, **options: Any) -> None:
    answer = browser.put(path, body, **options)
    assert answer.status < 300, (path, answer.content)


def _people(world: World) -> None:
    cloud = world.cloud
    people = {role: cloud.somebody("demo", role) for role in ("manager", "member", "reader")}
    people |= {"admin": cloud.admin(), "other": cloud.member("other")}
    world.tokens = {name: browser.token for name, browser in people.items()}
    user = make(cloud.admin(), "/identity/v3/users", user={"name": "roleless", "password": PASSWORD})
    world.tokens |= {"unscoped": log_in(cloud, user["name"]), "nobody": None, "h1": issue(cloud.ctx, "h1")}
    world.things |= {"projects": cloud.project_id("demo"), "another project": cloud.project_id("other")}


def _identity(world: World) -> None:
    admin, path = world.cloud.admin(), "/identity/v3"
    made = {
        "users": make(admin, f"{path}/users", user={"name": "somebody", "password": PASSWORD}),
        "groups": make(admin, f"{path}/groups", group={"name": "people"}),
        "domains": make(admin, f"{path}/domains", domain={"name": "elsewhere", "enabled": False}),
        "roles": make(admin, f"{path}/roles", role={"name": "cook"}),
        "implies": make(admin, f"{path}/roles", role={"name": "eater"}),
        "regions": make(admin, f"{path}/regions", region={"id": "far"}),
        "services": make(admin, f"{path}/services", service={"type": "weather", "name": "rain"}),
    }
    endpoint = {"service_id": made["services"]["id"], "interface": "public", "url": "http://rain.test"}
    made["endpoints"] = make(admin, f"{path}/endpoints", endpoint=endpoint)
    world.things |= {name: thing["id"] for name, thing in made.items()} | {"tags": "red"}
    for call in world.calls():
        given = call.route.path.endswith(("{role_id}", "{implied_role_id}", "inherited_to_projects", "{user_id}"))
        if call.api.service == "identity" and call.route.method == "PUT" and given:
            put(admin, world.path(call))
    put(admin, f"{path}/projects/{world.things['projects']}/tags/red")


def _network(world: World) -> None:
    member, path = world.cloud.member(), "/network/v2.0"
    public = member.get(f"{path}/networks?name=public").json["networks"][0]["id"]
    private = member.get(f"{path}/networks?name=private").json["networks"][0]["id"]
    network = make(member, f"{path}/networks", network={"name": "net"})["id"]
    wanted = {"network_id": network, "ip_version": 4, "cidr": "192.168.7.0/24"}
    subnet = make(member, f"{path}/subnets", subnet=wanted)["id"]
    group = make(member, f"{path}/security-groups", security_group={"name": "group"})["id"]
    rule = {"security_group_id": group, "direction": "ingress", "protocol": "tcp"}
    wanted = {"name": "router", "external_gateway_info": {"network_id": public}}
    router = make(member, f"{path}/routers", router=wanted)["id"]
    put(member, f"{path}/routers/{router}/add_router_interface", {"subnet_id": subnet})
    port = {"network_id": network, "name": "port", "security_groups": [group]}
    world.things |= {
        "public network": public,
        "private network": private,
        "networks": network,
        "subnets": subnet,
        "ports": make(member, f"{path}/ports", port=port)["id"],
        "free port": make(member, f"{path}/ports", port=port | {"network_id": private})["id"],
        "security-groups": group,
        "security-group-rules": make(member, f"{path}/security-group-rules", security_group_rule=rule)["id"],
        "routers": router,
        "floatingips": make(member, f"{path}/floatingips", floatingip={"floating_network_id": public})["id"],
        "agents": world.cloud.admin().get(f"{path}/agents").json["agents"][0]["id"],
        "extensions": "router",
        "quotas": world.things["projects"],
    }
    put(world.cloud.admin(), f"{path}/quotas/{world.things['projects']}", {"quota": {"port": 300}})
    for kind in ("networks", "subnets", "ports", "security-groups", "routers", "floatingips"):
        put(member, f"{path}/{kind}/{world.things[kind]}/tags/red")


def _image(world: World) -> None:
    member, path = world.cloud.member(), "/image/v2/images"
    described = {"name": "image", "disk_format": "raw", "container_format": "bare", "visibility": "shared"}
    image = member.post(path, described).json["id"]
    stream = {"Content-Type": "application/octet-stream"}
    assert member.call("PUT", f"{path}/{image}/file", headers=stream, content=bytes(512)).status == 204
    guests = world.cloud.project_id("guests")
    make(member, f"{path}/{image}/members", member=guests)
    put(member, f"{path}/{image}/tags/red")
    new = member.post(path, described | {"name": "queued"}).json["id"]
    world.things |= {
        "images": image,
        "queued image": new,
        "members": guests,
        "schemas": "image",
        "v2": "nowhere",
        "tasks": CONSUMER,
    }


def _placement(world: World) -> None:
    admin, path = Browser(world.cloud.system.app, world.tokens["admin"], "1.39"), "/placement"
    provider = admin.post(f"{path}/resource_providers", {"name": "shelf"}).json["uuid"]
    for name in (
        "traits/CUSTOM_DRY",
        "traits/CUSTOM_UNUSED",
        "resource_classes/CUSTOM_BOX",
        "resource_classes/CUSTOM_UNUSED",
    ):
        put(admin, f"{path}/{name}")
    one = f"{path}/resource_providers/{provider}"
    put(admin, f"{one}/inventories", {"resource_provider_generation": 0, "inventories": {"CUSTOM_BOX": {"total": 8}}})
    put(admin, f"{one}/traits", {"resource_provider_generation": 1, "traits": ["CUSTOM_DRY"]})
    put(
        admin,
        f"{path}/allocations/{CONSUMER}",
        {
            "allocations": {provider: {"resources": {"CUSTOM_BOX": 1}}},
            "project_id": world.things["projects"],
            "user_id": world.things["users"],
            "consumer_generation": None,
            "consumer_type": "BOX",
        },
    )
    world.things |= {
        "resource_providers": provider,
        "inventories": "CUSTOM_BOX",
        "traits": "CUSTOM_UNUSED",
        "resource_classes": "CUSTOM_UNUSED",
        "allocations": CONSUMER,
    }


def _compute(world: World) -> None:
    app, path = world.cloud.system.app, "/compute/v2.1"
    member, admin = (Browser(app, world.tokens[name], "2.96") for name in ("member", "admin"))
    for name in ("admin", "manager", "member", "reader", "other"):
        key = {"name": "key", "public_key": KEY, "type": "ssh"}
        make(Browser(app, world.tokens[name], "2.96"), f"{path}/os-keypairs", keypair=key)
    size = {"ram": 64, "vcpus": 1, "disk": 1}
    flavor = make(admin, f"{path}/flavors", flavor={"name": "small", **size})["id"]
    own = make(admin, f"{path}/flavors", flavor={"name": "own", **size, "os-flavor-access:is_public": False})["id"]
    make(admin, f"{path}/flavors/{own}/action", addTenantAccess={"tenant": world.things["projects"]})
    make(admin, f"{path}/flavors/{flavor}/os-extra_specs", extra_specs={"hw:cpu_policy": "shared"})
    rack = str(make(admin, f"{path}/os-aggregates", aggregate={"name": "rack"})["id"])
    make(admin, f"{path}/os-aggregates/{rack}/action", add_host={"host": "h1"})
    server = {
        "name": "server",
        "imageRef": member.get("/image/v2/images?name=guest").json["images"][0]["id"],
        "flavorRef": flavor,
        "networks": [{"port": world.things["ports"]}],
        "metadata": {"colour": "red"},
        "key_name": "key",
        "tags": ["red"],
    }
    made = member.post(f"{path}/servers", {"server": server})
    assert made.status == 202, made.content
    world.cloud.settle()
    world.things |= {
        "guest image": server["imageRef"],
        "servers": made.json["server"]["id"],
        "traces": made.json["server"]["id"],
        "flavors": flavor,
        "own flavor": own,
        "os-extra_specs": "hw:cpu_policy",
        "os-keypairs": "key",
        "metadata": "colour",
        "os-interface": world.things["ports"],
        "ips": "net",
        "os-volume_attachments": CONSUMER,
        "os-instance-actions": made.headers["x-openstack-request-id"],
        "os-quota-sets": world.things["projects"],
        "os-simple-tenant-usage": world.things["projects"],
        "os-aggregates": rack,
        "os-services": admin.get(f"{path}/os-services?binary=nova-compute").json["services"][0]["id"],
        "host name": "h1",
        "hosts": "h1",
        "os-hypervisors": admin.get(f"{path}/os-hypervisors").json["hypervisors"][0]["id"],
    }
