"""What the database's own views show of a transaction while it runs, and that statements are prepared nevertheless."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine, func, select, text
from tests.conftest import require
from tests.unit.base.conftest import context

from cupola.base.clock import SystemClock
from cupola.base.context import Call, Context
from cupola.base.db.transaction import Database, Transaction
from cupola.testing import databases
from cupola.testing.servers.database import KINDS

ROUTE = "/v2.1/servers/{server_id}"


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest) -> Any:
    require(request.param)
    return databases.server(request.param)


@pytest.fixture
def ctx(server: Any) -> Iterator[Context]:
    database = Database(server.url, SystemClock())
    made = context(database, database.clock)
    call = Call("GET", "/x", ROUTE, "compute", made.now(), 200)
    yield dataclasses.replace(made, call=call, request_id="req-1234")
    database.close()


def seen(server: Any, query: str) -> list[Any]:
    engine = create_engine(server.url)
    with engine.connect() as connection:
        found = list(connection.execute(text(query)).all())
    engine.dispose()
    return found


def test_a_running_statement_shows_its_request_and_route(ctx: Context, server: Any) -> None:
    found: list[Any] = []

    def body(tx: Transaction) -> None:
        tx.scalar(select(func.length("a marker")))
        if server.kind == "postgresql":  # it shows the last statement of a transaction that is open
            found.extend(
                seen(server, "SELECT application_name, query FROM pg_stat_activity WHERE state = 'idle in transaction'")
            )
        else:
            server.execute("SET GLOBAL general_log = 1, GLOBAL log_output = 'TABLE'")
            tx.scalar(select(func.length("a marker")))
            server.execute("SET GLOBAL general_log = 0")
            found.extend(seen(server, "SELECT 'x', argument FROM mysql.general_log WHERE argument LIKE '%a marker%'"))

    ctx.read("look", body)
    names, queries = {row[0] for row in found}, [str(row[1]) for row in found]
    if server.kind == "postgresql":
        assert "cupola req-1234" in names
        assert any(query.startswith(f"/* compute {ROUTE} */ SELECT") for query in queries)
        left = seen(server, "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'cupola%'")
        assert left == [], "the name is that of the transaction alone"
    else:
        assert any(query.startswith(f"/* req-1234 compute {ROUTE} */ SELECT") for query in queries), queries


def test_a_mariadb_process_list_shows_it_too(ctx: Context, server: Any) -> None:
    if server.kind != "mariadb":
        pytest.skip("a statement that looks at itself: PostgreSQL's view shows the one before")
    query = text("SELECT info FROM information_schema.processlist WHERE id = connection_id()")
    assert ctx.read("look", lambda tx: tx.scalar(query)).startswith(f"/* req-1234 compute {ROUTE} */ SELECT info")


def test_statements_are_prepared_once_for_all_requests(ctx: Context, server: Any) -> None:
    if server.kind != "postgresql":
        pytest.skip("MariaDB's driver sends plain text")

    def body(tx: Transaction) -> Any:
        tx.scalar(select(func.length(ctx.request_id)))
        return tx.all(text("SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%length%'"))

    for number in range(12):
        prepared = dataclasses.replace(ctx, request_id=f"req-{number}").read("look", body)
    ours = [row["statement"] for row in prepared if row["statement"].startswith("/* compute")]
    assert len([one for one in ours if "pg_prepared" not in one]) == 1


def test_what_would_end_a_comment_or_a_literal_does_not(ctx: Context, server: Any) -> None:
    call = dataclasses.replace(ctx.call, route="*/ DROP TABLE x; -- 100%s %(y)s 'q'") if ctx.call else None
    strange = dataclasses.replace(ctx, call=call, request_id="req-'; DROP TABLE x; --")
    assert strange.read("look", lambda tx: tx.scalar(select(func.length("four")))) == 4
