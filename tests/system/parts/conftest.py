"""One cloud in processes of its own for the tests of this folder; CUPOLA_TEST_STACK says on which database."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from cupola.testing.parts import PartsCloud, parts_cloud
from cupola.testing.servers import database, rabbitmq


@pytest.fixture(scope="session")
def parts() -> Iterator[PartsCloud]:
    kind = os.environ.get("CUPOLA_TEST_STACK", "postgresql")
    if not rabbitmq.installed() or (kind != "sqlite" and not database.installed(kind)):
        pytest.skip(f"RabbitMQ or {kind} is not installed")
    with parts_cloud(kind, hosts=("h1", "h2"), apis=2, conductors=2) as cloud:
        yield cloud


@pytest.fixture
def cloud(parts: PartsCloud) -> PartsCloud:
    """All of its processes run, whatever the test before did to them."""
    for name in parts.names:
        if not parts.runs(name):
            parts.start(name)
    return parts
