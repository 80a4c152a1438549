"""Who may do what: every route asked as every kind of caller, a line of text for each route.

`yes` is whatever is beyond the policy (400 and 409 too), `public` that no policy guards the route.
"""

from __future__ import annotations

from pathlib import Path

from tests.matrix.bodies import body_of
from tests.matrix.world import CALLERS, Call, World

from cupola.base.http.microversions import text

FILE = Path(__file__).with_name("roles.txt")
REFUSED = (401, 403, 404)
THINGS = {
    "image PUT /v2/images/{image_id}/file": {"images": "queued image"},
    "image PUT /v2/images/{image_id}/stage": {"images": "queued image"},
    "network DELETE /v2.0/ports/{id}": {"ports": "free port"},
    "compute GET /v2.1/os-hypervisors/{hypervisor_id}/search": {"os-hypervisors": "host name"},
    "compute GET /v2.1/os-hypervisors/{hypervisor_id}/servers": {"os-hypervisors": "host name"},
    "compute GET /v2.1/flavors/{flavor_id}/os-flavor-access": {"flavors": "own flavor"},
    "compute POST /v2.1/flavors/{flavor_id}/action#addTenantAccess": {"flavors": "own flavor"},
    "compute POST /v2.1/flavors/{flavor_id}/action#removeTenantAccess": {"flavors": "own flavor"},
}
"""Routes that are asked of another thing than the usual one of their kind."""


def lines(world: World) -> list[str]:
    """The whole text, by route."""
    return sorted(line(world, call) for call in world.calls())


def line(world: World, call: Call) -> str:
    since = f" since {text(call.route.since)}" if call.route.since else ""
    if call.route.rule is None:
        return f"{call.name}{since}: public"
    may = " ".join(f"{caller}={outcome(world, call, caller)}" for caller in CALLERS)
    return f"{call.name}{since} {call.route.rule}: {may}"


def things_of(world: World, call: Call) -> dict[str, str]:
    return {kind: world.things[name] for kind, name in THINGS.get(call.name, {}).items()}


def outcome(world: World, call: Call, caller: str) -> str:
    answer = world.ask(call, world.tokens[caller], body_of(world, call), things_of(world, call))
    assert answer.status != 500, (call.name, caller, answer.content)
    if call.writes and answer.status < 400:
        world.restore()
    return str(answer.status) if answer.status in REFUSED else "yes"
