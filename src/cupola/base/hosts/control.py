"""What an agent asks of the control plane: documents of what is wanted, image bytes, metadata of a server.

In one process the agent calls `LocalControl`, which passes everything through the encoding that HTTP would use, so that
nothing works by sharing objects; elsewhere `RemoteControl` (remote.py) asks an API (api.py), which asks `LocalControl`.
Services register what they want of a host by kind. A host is told of what is to be on it, and of nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import copy
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol

import orjson

from cupola.base.context import Cloud, Context, system_context
from cupola.base.db.transaction import Transaction
from cupola.base.errors import NotFound, StaleWrite, Unavailable
from cupola.base.hosts.registry import heard
from cupola.base.ids import request_id

Document = dict[str, Any]
"""What is wanted of one thing on one host, JSON-able, with its "generation". May name others it "requires" first."""
_UNCHANGED: Document = {"unchanged": True}


def is_unchanged(document: Document | None) -> bool:
    """Whether it says only that what the host knows is still wanted."""
    return document == _UNCHANGED


class Wanted(Protocol):
    """What one service wants of hosts, for one kind of thing."""

    def subjects(self, tx: Transaction, host: str) -> list[str]:
        """The ids of the things that are to be on `host`."""
        ...

    def documents(self, tx: Transaction, host: str, ids: Sequence[str]) -> Mapping[str, Document | None]:
        """What is wanted of each of them on `host`; None: it is to be gone from there. What is left out is unknown: the
        host leaves it as it is.
        """
        ...

    def unchanged(self, tx: Transaction, host: str, known: Mapping[str, int]) -> Collection[str]:
        """Of the things whose document the host has, with its generation, those of which that is still wanted there.
        None of those whose documents may change without another generation.
        """
        ...


class Control(Protocol):
    """The control plane, as an agent sees it. Each of these raises Unavailable when it cannot be asked now."""

    def hello(self, host: str, facts: Mapping[str, Any], started_at: datetime, agent: str | None = None) -> None: ...
    def subjects(self, host: str) -> list[str]: ...
    def documents(
        self, host: str, subjects: Sequence[str], known: Mapping[str, int] = MappingProxyType({})
    ) -> dict[str, Document | None]: ...
    def image(self, host: str, image_id: str, start: int = 0) -> Iterator[bytes]: ...
    def metadata(self, host: str, network: str, address: str, path: str) -> tuple[int, bytes]: ...


OpenImage = Callable[[Context, str, str, int], Iterator[bytes]]
"""An image's bytes for a host that needs them: (context, host, image id, first byte). Raises NotFound."""

Metadata = Callable[[Context, str, str, str], tuple[int, bytes]]
"""What a server is told of itself: (context, "network/id" or "router/id", its address, path) → status, body."""


class LocalControl:
    """The control plane in the same process."""

    def __init__(
        self,
        cloud: Cloud,
        wanted: Mapping[str, Wanted],
        image: OpenImage,
        metadata: Metadata,
        on_hello: Sequence[Callable[[Transaction, Context, str, Mapping[str, Any]], None]] = (),
    ) -> None:
        self._cloud = cloud
        self._wanted = wanted
        self._image = image
        self._metadata = metadata
        self._on_hello = on_hello
        self._request_id: str | None = None

    def asked_by(self, request_id: str) -> LocalControl:
        """The same, under the id of a request that asks it."""
        asked = copy(self)
        asked._request_id = request_id
        return asked

    def _context(self) -> Context:
        return system_context(self._cloud, self._request_id or request_id(self._cloud.ids))

    def hello(self, host: str, facts: Mapping[str, Any], started_at: datetime, agent: str | None = None) -> None:
        """A host's agent is there; services take note of what it offers when that is new.

        `agent` tells agents of different machines apart. Raises HostTaken, Unavailable.
        """
        told = orjson.loads(orjson.dumps(dict(facts)))
        ctx = self._context()

        def write(tx: Transaction) -> None:
            if heard(tx, host, told, started_at, agent):
                for listener in self._on_hello:
                    listener(tx, ctx, host, told)

        try:
            ctx.transact("host.hello", write)
        except StaleWrite as error:  # no conflict of agents: many hosts came at once
            raise Unavailable(f"Host {host} could not be taken in now: {error}") from error

    def subjects(self, host: str) -> list[str]:
        """Everything that is to be on `host`, as "kind/id"."""
        return self._context().read(
            "host.subjects",
            lambda tx: [f"{kind}/{id_}" for kind, source in self._wanted.items() for id_ in source.subjects(tx, host)],
        )

    def documents(
        self, host: str, subjects: Sequence[str], known: Mapping[str, int] = MappingProxyType({})
    ) -> dict[str, Document | None]:
        """What is wanted of `subjects` on `host`; None: gone. Of what no service knows, nothing.

        `known` are the generations of the documents that the host has: of one that is still wanted, `is_unchanged`.
        """
        answer: dict[str, Document | None] = orjson.loads(orjson.dumps(self.raw_documents(host, subjects, known)))
        return answer

    def raw_documents(
        self, host: str, subjects: Sequence[str], known: Mapping[str, int] = MappingProxyType({})
    ) -> dict[str, Document | None]:
        """The same for an API, which encodes it for HTTP itself: it may share objects with the control plane."""

        def read(tx: Transaction) -> dict[str, Document | None]:
            found: dict[str, Document | None] = {}
            for kind, source in self._wanted.items():
                ids = [subject.partition("/")[2] for subject in subjects if subject.partition("/")[0] == kind]
                has = {id_: known[f"{kind}/{id_}"] for id_ in ids if f"{kind}/{id_}" in known}
                same = set(source.unchanged(tx, host, has)) if has else set()
                found |= {f"{kind}/{id_}": _UNCHANGED for id_ in same}
                if others := [id_ for id_ in ids if id_ not in same]:
                    found |= {f"{kind}/{id_}": each for id_, each in source.documents(tx, host, others).items()}
            return found

        return self._context().read("host.documents", read)

    def image(self, host: str, image_id: str, start: int = 0) -> Iterator[bytes]:
        """An image's bytes from one on. Raises NotFound for one that no server of the host is made of."""
        return self._image(self._context(), host, image_id, start)

    def metadata(self, host: str, network: str, address: str, path: str) -> tuple[int, bytes]:
        """The answer (status, body) for the server that has `address` on `network` ("network/id" or "router/id").

        Raises NotFound for one that is not to be on the host.
        """
        if network not in self.subjects(host):
            raise NotFound(f"There is no {network} on host {host}.")
        return self._metadata(self._context(), network, address, path)
