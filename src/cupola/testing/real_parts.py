"""A real cloud for system tests whose parts are processes of their own: used as `RealCloud` is, on another stack."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from cupola.cli import clouds
from cupola.testing.parts import PASSWORD, PartsCloud, parts_cloud
from cupola.testing.real import RealCloud, run_cloud

STACK = "CUPOLA_TEST_STACK"
"""The variable that names the stack: sqlite, postgresql or mariadb, each with RabbitMQ; without it `cupola up`."""


class RealParts(RealCloud):
    """`up` starts the parts that do not run, `kill` ends all of them as a power cut would."""

    def __init__(self, parts: PartsCloud) -> None:
        super().__init__(parts.scratch)
        self.parts = parts
        self.environment = parts.environment
        entries = clouds.entries(f"{parts.url}/identity", PASSWORD, PASSWORD)
        clouds.merge(parts.scratch / "config" / "openstack" / "clouds.yaml", entries)

    def up(self) -> None:
        for name in self.parts.names:
            if not self.parts.runs(name):
                self.parts.start(name)

    def kill(self) -> None:
        for name in self.parts.names:
            if self.parts.runs(name):
                self.parts.kill(name)


@contextlib.contextmanager
def run_stack() -> Iterator[RealCloud]:
    """A cloud on the stack that the environment names, for as long as the caller needs it."""
    kind = os.environ.get(STACK)
    if not kind:
        with run_cloud() as cloud:
            yield cloud
        return
    with parts_cloud(kind, PartsCloud, hypervisor="qemu") as parts:
        cloud = RealParts(parts)
        cloud.prepare()
        yield cloud
