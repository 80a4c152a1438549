"""No route asks the database more often when there is more: the same number of statements with few things as with many.

Every route is asked in a world of few things and in one of many, by a member if members may, else by an administrator.
"""

from __future__ import annotations

import pytest
from tests.matrix.bodies import body_of
from tests.matrix.growth import grow
from tests.matrix.roles import FILE, things_of
from tests.matrix.world import Call, World, make_world

FEW, MANY = 2, 8
HOSTS = tuple(f"h{number}" for number in range(1, MANY + 2))

GROWS = {
    "compute DELETE /v2.1/os-services/{service_id}": "refused at once where servers are",
    "compute POST /v2.1/servers/{server_id}/action#os-getConsoleOutput": "the host works while the caller waits",
    "lens GET /v1/doctor": "every host is asked, and works while the caller waits",
}
"""Routes that do ask more often, and why they may."""


def counted(world: World, call: Call) -> tuple[int, int]:
    """Status and statements of a good request to a route."""
    token = world.tokens["member" if f"{call.name} " in MEMBERS else call.mighty]
    before = world.cloud.database.statistics.statements
    answer = world.ask(call, token, body_of(world, call), things_of(world, call))
    after = world.cloud.database.statistics.statements
    if call.writes:
        world.restore()
    return answer.status, after - before


MEMBERS = "\n".join(line for line in FILE.read_text().splitlines() if "member=yes" in line)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, World]:
    few, many = (make_world(tmp_path_factory.mktemp(name), HOSTS) for name in ("few", "many"))
    grow(few, FEW)
    grow(many, MANY)
    return few, many


def test_statements_do_not_grow_with_rows(worlds: tuple[World, World]) -> None:
    few, many = worlds
    grown = {}
    for one, other in zip(few.calls(), many.calls(), strict=True):
        if one.route.rule is None or one.name in GROWS:
            continue
        with_few, with_many = counted(few, one), counted(many, other)
        if with_few != with_many:
            grown[one.name] = (with_few, with_many)
    assert grown == {}
