"""One world for all tests of this folder: each leaves it as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.matrix.world import World, make_world


@pytest.fixture(scope="session")
def lasting_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(lasting_world: World) -> Iterator[World]:
    with lasting_world.restored():
        yield lasting_world
