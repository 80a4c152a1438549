"""A cloud of the image service alone, behind its WSGI application, with callers whose token is their name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import falcon.testing
import orjson
import pytest

from cupola.base import ledger
from cupola.base.clock import ManualClock
from cupola.base.context import Caller, Context, system_context
from cupola.base.db.transaction import Database
from cupola.base.db.types import metadata
from cupola.base.errors import Unauthenticated
from cupola.base.ids import RandomIds
from cupola.base.runtime import Wakeups
from cupola.base.system import HostQuestions, System
from cupola.image import interface
from cupola.image.service import service
from cupola.image.settings import ImageSettings
from cupola.testing import brokers
from cupola.testing.databases import url_for

Answer = falcon.testing.Result
READER = ("reader",)
MEMBER = ("member", *READER)
CALLERS = {
    "admin": Caller(user_id="admin", project_id="admins", roles=("admin", "manager", *MEMBER)),
    "ann": Caller(user_id="ann", project_id="alpha", roles=MEMBER),
    "rita": Caller(user_id="rita", project_id="alpha", roles=READER),
    "bob": Caller(user_id="bob", project_id="beta", roles=MEMBER),
    "carol": Caller(user_id="carol", project_id="gamma", roles=MEMBER),
}
PATCH = "application/openstack-images-v2.1-json-patch"


def authenticate(_ctx: Context, token: str) -> Caller:
    if token not in CALLERS:
        raise Unauthenticated("no such token")
    return CALLERS[token]


class ImageCloud:
    """The cloud and a client of it."""

    def __init__(self, path: Path, largest_image: int) -> None:
        self.clock = ManualClock()
        self.settings = ImageSettings(directory=path / "images", largest_image=largest_image)
        self.database = Database(url_for(path), self.clock, durable=False, before_commit=ledger.record_change)
        metadata.create_all(self.database.engine)
        wakeups = Wakeups()
        self.system = System(
            [service(self.settings)],
            self.database,
            self.clock,
            RandomIds(),
            brokers.bus_for(wakeups),
            wakeups,
            authenticate,
            "http://cloud/identity",
            HostQuestions(self.open_for, lambda ctx, host, network, path: (404, b"")),
        )
        self.client = falcon.testing.TestClient(self.system.app)

    def open_for(self, ctx: Context, host: str, image_id: str, start: int) -> Iterator[bytes]:
        return interface.open_bytes(self.settings)(ctx, image_id, start)

    def context(self, caller: str | None = None) -> Context:
        ctx = system_context(self.system.cloud, "req-00000000-0000-4000-8000-000000000000")
        return ctx if caller is None else Context(ctx.cloud, CALLERS[caller], ctx.request_id)

    def call(
        self, method: str, path: str, who: str | None = "ann", body: Any = None, data: Any = None, **headers: str
    ) -> Answer:
        named = {"Accept": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
        if who is not None:
            named["X-Auth-Token"] = who
        if body is not None:
            data = orjson.dumps(body)
            named.setdefault("Content-Type", "application/json")
        return self.client.simulate_request(method, f"/image{path}", body=data, headers=named)

    def make(self, who: str = "ann", **fields: Any) -> dict[str, Any]:
        """An image without bytes."""
        wanted = {"name": "one", "disk_format": "raw", "container_format": "bare"} | fields
        answer = self.call("POST", "/v2/images", who, wanted)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json
        return made

    def upload(self, image_id: str, data: Any, who: str = "ann", **headers: str) -> Answer:
        named = {"Content_Type": "application/octet-stream"} | headers
        return self.call("PUT", f"/v2/images/{image_id}/file", who, data=data, **named)

    def filled(self, data: bytes = b"0123456789", who: str = "ann", **fields: Any) -> dict[str, Any]:
        """An active image."""
        image = self.make(who, **fields)
        answer = self.upload(image["id"], data, who)
        assert answer.status_code == 204, answer.text
        return self.show(image["id"], who)

    def show(self, image_id: str, who: str = "ann") -> dict[str, Any]:
        answer = self.call("GET", f"/v2/images/{image_id}", who)
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json
        return shown

    def patch(self, image_id: str, *changes: dict[str, Any], who: str = "ann") -> Answer:
        return self.call("PATCH", f"/v2/images/{image_id}", who, list(changes), Content_Type=PATCH)

    def names(self, query: str = "", who: str = "ann") -> list[str]:
        """The names of the images that a list has."""
        answer = self.call("GET", f"/v2/images{query}", who)
        assert answer.status_code == 200, answer.text
        return [image["name"] for image in answer.json["images"]]

    def upkeep(self, after: float = 61) -> list[str]:
        """Let time pass, and upkeep run once; returns what its loops said."""
        self.clock.advance(after)
        self.system.upkeep.step(self.clock.now())
        return [status.said for status in self.system.upkeep.statuses.values()]

    def files(self) -> list[str]:
        directory = self.settings.directory
        return sorted(path.name for path in directory.glob("*.*"))


@pytest.fixture
def largest_image() -> int:
    return 1 << 20


@pytest.fixture
def cloud(tmp_path: Path, largest_image: int) -> Iterator[ImageCloud]:
    made = ImageCloud(tmp_path, largest_image)
    yield made
    made.database.close()
