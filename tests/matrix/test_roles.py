"""Who may do what, held to `roles.txt`: a changed policy or a new route shows as a changed line of that file.

After a change that is meant, write the file anew with `python -m tests.matrix.make`, and read the difference.
"""

from __future__ import annotations

import pytest
from tests.matrix.roles import FILE, lines
from tests.matrix.world import World

READERS_OWN = {
    "compute POST /v2.1/os-keypairs",
    "compute DELETE /v2.1/os-keypairs/{keypair_name}",
}
"""What somebody changes of their own needs no role."""


@pytest.fixture(scope="module")
def found(lasting_world: World) -> list[str]:
    with lasting_world.restored():
        return lines(lasting_world)


def test_every_route_lets_in_whom_the_file_says(found: list[str]) -> None:
    assert found == FILE.read_text().splitlines()


def test_a_reader_changes_nothing(found: list[str]) -> None:
    writes = [line for line in found if line.split()[1] not in ("GET", "HEAD") and "reader=yes" in line]
    assert {" ".join(line.split()[:3]) for line in writes} == READERS_OWN


def test_nobody_comes_in_without_a_token(found: list[str]) -> None:
    assert [line for line in found if not line.endswith(("nobody=401", ": public"))] == []
