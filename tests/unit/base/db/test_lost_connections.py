"""What happens to transactions when the database goes away: on a server that is stopped, killed, or behind a wire that
is cut at the worst moment."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text, update
from tests.conftest import require
from tests.unit.base.conftest import context
from tests.unit.base.db.conftest import things

from cupola.base import ledger
from cupola.base.clock import SystemClock
from cupola.base.context import Call, Context
from cupola.base.db.transaction import UNSURE, Database, Transaction
from cupola.base.db.types import metadata
from cupola.base.errors import Unavailable
from cupola.base.ledger.tables import requests
from cupola.testing.servers import free_port
from cupola.testing.servers.database import KINDS, DatabaseServer, database_server


class Wire:
    """Carries bytes between clients and a server, and may be cut when a COMMIT goes by."""

    def __init__(self, to: int) -> None:
        self._to, self.port = to, free_port()
        self._server = socket.create_server(("127.0.0.1", self.port))
        self.at_commit: Callable[[socket.socket, socket.socket, bytes], None] | None = None
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._to))
            except OSError:  # nobody listens there now
                _cut(client)
                continue
            threading.Thread(target=self._carry, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._carry, args=(server, client, False), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, from_client: bool) -> None:
        try:
            while data := source.recv(65536):
                if from_client and self.at_commit is not None and data.rstrip(b"\0").endswith(b"COMMIT"):
                    cut, self.at_commit = self.at_commit, None
                    self.cuts += 1
                    cut(source, sink, data)
                    return
                sink.sendall(data)
        except OSError:
            pass
        _cut(source, sink)

    def close(self) -> None:
        self._server.close()


def _cut(*ends: socket.socket) -> None:
    for end in ends:
        with contextlib.suppress(OSError):  # it is cut already
            end.shutdown(socket.SHUT_RDWR)
        end.close()


def before_it_arrives(client: socket.socket, server: socket.socket, data: bytes) -> None:
    """The server never hears of the COMMIT."""
    _cut(client, server)


def before_it_is_answered(client: socket.socket, server: socket.socket, data: bytes) -> None:
    """The server commits; its client does not hear of it."""
    client.shutdown(socket.SHUT_RDWR)
    server.sendall(data)
    time.sleep(0.2)
    _cut(client, server)


def long_before_it_arrives(client: socket.socket, server: socket.socket, data: bytes) -> None:
    """The client believes the connection lost while its COMMIT is still on its way."""
    client.shutdown(socket.SHUT_RDWR)
    time.sleep(1)
    server.sendall(data)
    time.sleep(0.2)
    _cut(client, server)


@pytest.fixture(scope="module", params=KINDS)
def server(request: pytest.FixtureRequest) -> Iterator[DatabaseServer]:
    require(request.param)
    with database_server(request.param, tcp=True) as running:
        running.new_database("wired")
        yield running


@pytest.fixture
def wire(server: DatabaseServer) -> Iterator[Wire]:
    assert server.port is not None
    wire = Wire(server.port)
    yield wire
    wire.close()


@pytest.fixture
def ctx(server: DatabaseServer, wire: Wire) -> Iterator[Context]:
    """A request on a database behind the wire."""
    url = server.database_url("wired").replace(f":{server.port}/", f":{wire.port}/")
    database = Database(url, SystemClock(), before_commit=ledger.record_change)
    for tables in (metadata, things.metadata):
        tables.drop_all(database.engine)
        tables.create_all(database.engine)
    ctx = context(database, database.clock)
    yield dataclasses.replace(ctx, call=Call("POST", "/things", "/things", "test", database.clock.now(), 201))
    database.close()


def add(tx: Transaction) -> str:
    tx.execute(insert(things).values(id=tx.ctx.ids.uuid(), size=1, generation=1))
    return "added"


def count(ctx: Context) -> int:
    return int(ctx.read("count", lambda tx: tx.scalar(select(func.count()).select_from(things))))


@pytest.mark.parametrize("cut", [before_it_arrives, before_it_is_answered, long_before_it_arrives])
def test_a_commit_that_is_not_answered_takes_place_once(ctx: Context, wire: Wire, cut: Any) -> None:
    followed: list[int] = []

    def body(tx: Transaction) -> str:
        tx.after_commit(lambda: followed.append(1))
        return add(tx)

    wire.at_commit = cut
    assert ctx.transact("add", body) == "added"
    assert (wire.cuts, count(ctx), followed) == (1, 1, [1])
    noted = ctx.read("ledger", lambda tx: tx.all(select(requests.c.id)))
    assert [row["id"] for row in noted] == [ctx.request_id]


@pytest.mark.parametrize("cut", [before_it_arrives, before_it_is_answered])
def test_a_commit_without_a_witness_is_never_repeated(ctx: Context, wire: Wire, cut: Any) -> None:
    nobodys = dataclasses.replace(ctx, call=None)
    wire.at_commit = cut
    with pytest.raises(Unavailable, match="look before you ask") as caught:
        nobodys.transact("add", add)
    assert caught.value.message == UNSURE
    assert count(ctx) == (0 if cut is before_it_arrives else 1)


def end_connections(server: DatabaseServer) -> None:
    """As an operator does with one that is in the way."""
    engine = Database(server.url).engine
    with engine.connect() as connection:
        if server.kind == "postgresql":
            connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'wired'")
            ).all()
        else:
            query = "SELECT id FROM information_schema.processlist WHERE db = 'wired'"
            for (number,) in connection.execute(text(query)).all():
                connection.exec_driver_sql(f"KILL {number}")
    engine.dispose()


def test_a_connection_that_is_killed_costs_a_retry(ctx: Context, server: DatabaseServer) -> None:
    killed: list[int] = []

    def body(tx: Transaction) -> str:
        done = add(tx)
        if not killed:
            killed.append(1)
            end_connections(server)
        return done

    assert ctx.transact("add", body) == "added"
    end_connections(server)  # while it waits in the pool
    assert count(ctx) == 1
    with_savepoint: list[int] = []

    def swallow(tx: Transaction) -> None:
        try:
            with tx.savepoint():
                if not with_savepoint:
                    with_savepoint.append(1)
                    end_connections(server)
                add(tx)
        except Exception as error:  # as a body does that goes on without what failed
            raise LookupError from error

    ctx.transact("add", swallow)
    assert count(ctx) == 2


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_server_that_restarts_under_load_loses_and_doubles_nothing(
    ctx: Context, server: DatabaseServer, together: Any, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every writer's last answer is a success; what was answered is there, once."""
    # a machine that is busy may take long to start a server
    monkeypatch.setattr("cupola.base.db.transaction.PATIENCE", 60.0)
    ctx.transact("add", lambda tx: tx.execute(insert(things).values(id="counter", size=0, generation=1)))
    end = time.monotonic() + 4

    def writer(number: int) -> int:
        done = 0
        while time.monotonic() < end:
            call = Call("POST", "/things", "/things", "test", ctx.now(), 201)
            mine = dataclasses.replace(ctx, call=call, request_id=f"req-{number}-{done}", marks=type(ctx.marks)())

            def body(tx: Transaction) -> None:
                add(tx)
                tx.execute(update(things).where(things.c.id == "counter").values(size=things.c.size + 1))

            mine.transact("add", body)
            done += 1
            time.sleep(0.02)
        return done

    def restart(_: int) -> int:
        time.sleep(1)
        getattr(server, how)()
        server.start()
        return 0

    results = together(lambda number: restart(0) if number == 0 else writer(number), 5)
    assert all(isinstance(result, int) for result in results), results
    assert count(ctx) - 1 == sum(results) > 0
    counter = select(things.c.size).where(things.c.id == "counter")
    assert ctx.read("look", lambda tx: tx.scalar(counter)) == sum(results)


def test_a_server_that_stays_away_is_a_clear_refusal(ctx: Context, server: DatabaseServer) -> None:
    began = time.monotonic()
    server.stop()
    try:
        with pytest.raises(Unavailable, match="does not answer"):
            ctx.transact("add", add)
        with pytest.raises(Unavailable, match="does not answer"):
            ctx.cloud.db.ping()
    finally:
        server.start()
    assert time.monotonic() - began < 60
    assert count(ctx) == 0


@pytest.mark.parametrize("hangs", [False, True])
def test_a_server_that_is_silent_is_a_refusal_as_soon(
    server: DatabaseServer, monkeypatch: pytest.MonkeyPatch, hangs: bool
) -> None:
    """Its machine is gone and packets are dropped, or it hangs: each attempt lasts until its own time-out."""
    monkeypatch.setattr("cupola.base.db.engine.CONNECT_PATIENCE", 2)
    monkeypatch.setattr("cupola.base.db.transaction.PATIENCE", 3.0)
    with contextlib.ExitStack() as stack:
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=9 if hangs else 0))
        for _ in range(0 if hangs else 2):  # no room for more in its queue: what comes is dropped
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(silent.getsockname())
        url = server.database_url("wired").replace(f":{server.port}/", f":{silent.getsockname()[1]}/")
        database = Database(url)
        began = time.monotonic()
        with pytest.raises(Unavailable, match="does not answer"):
            database.transact(context(database, database.clock), "add", add)
        assert time.monotonic() - began < 8
        database.close()


def test_a_server_that_may_only_be_read_counts_as_gone(ctx: Context, server: DatabaseServer) -> None:
    """As after a failover, when the old primary comes back as a standby."""
    on, off = {
        "postgresql": (
            "ALTER SYSTEM SET default_transaction_read_only = on",
            "ALTER SYSTEM SET default_transaction_read_only = off",
        ),
        "mariadb": ("SET GLOBAL read_only = 1", "SET GLOBAL read_only = 0"),
    }[server.kind]
    reload = ["SELECT pg_reload_conf()"] if server.kind == "postgresql" else []
    assert count(ctx) == 0
    server.execute(on, *reload)
    try:
        ctx.cloud.db.engine.dispose()
        with pytest.raises(Unavailable, match="does not answer"):
            ctx.transact("add", add)
    finally:
        if reload:
            server.execute(off, *reload)
        else:
            server.execute(off)
    ctx.transact("add", add)
    assert count(ctx) == 1
