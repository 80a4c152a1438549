"""Private database servers: what others' tests build on."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

from cupola.testing.servers.database import KINDS, database_server, installed


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_of_several_processes_keeps_what_was_committed(kind: str) -> None:
    if not installed(kind):
        pytest.skip(f"the {kind} server is not installed (`make test` installs it)")
    with database_server(kind, tcp=True) as server:
        url = server.new_database("cloud")
        assert f":{server.port}/cloud" in url
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE things (id INTEGER)"))
            connection.execute(text("INSERT INTO things VALUES (1)"))
        engine.dispose()
        for end in (server.stop, server.kill):
            end()
            server.start()
            with engine.connect() as connection:
                assert connection.execute(text("SELECT count(*) FROM things")).scalar() == 1
            engine.dispose()
