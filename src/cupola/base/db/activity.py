"""What the database's own activity views and slow log show of us: which route a statement serves, for which request.

PostgreSQL prepares what is repeated, by its text; so the text gets the route alone, and the request's id becomes the
`application_name` of the transaction, in the same trip as its BEGIN. MariaDB's driver sends plain text: route and id
lead it. SQLite has no such views.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, event

_UNPLAIN = re.compile(r"[^\w .:/{}#@=-]")
"""What could end a comment or a literal, or be taken for a parameter."""
_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_LONGEST_NAME = 63
"""bytes of PostgreSQL's application_name"""


@dataclass(frozen=True)
class Activity:
    """Whom a transaction serves: a route ("compute POST /v2.1/servers") or a name of ours, and a request's id."""

    route: str
    request_id: str

    @property
    def route_comment(self) -> str:
        return f"/* {_plain(self.route)} */ "

    @property
    def whole_comment(self) -> str:
        return f"/* {_plain(self.request_id)} {_plain(self.route)} */ "

    @property
    def application_name(self) -> str:
        return _plain(f"cupola {self.request_id}")[:_LONGEST_NAME]


OPTION = "activity"
"""The execution option of a connection that holds it."""


def _plain(text: str) -> str:
    return _UNPLAIN.sub("_", text.replace("*/", "_").replace("/*", "_"))


def show_on_postgresql(engine: Engine) -> None:
    """Transactions begin here, as the connections are in autocommit mode: the driver would spend a trip on BEGIN."""

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        begin = "BEGIN ISOLATION LEVEL READ COMMITTED" if is_writing(connection) else _BEGIN_READING
        activity = _of(connection)
        if activity is not None:
            begin += f"; SET LOCAL application_name TO '{activity.application_name}'"
        connection.exec_driver_sql(begin)

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def comment(connection: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        activity = _of(connection)
        if activity is not None and not statement.startswith("BEGIN"):
            statement = activity.route_comment + statement
        return statement, parameters


def show_on_mariadb(engine: Engine) -> None:
    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def comment(
        connection: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool
    ) -> tuple[str, Any]:
        activity = _of(connection)
        if activity is None:
            return statement, parameters
        if not many:
            return activity.whole_comment + statement, parameters
        verb, _, rest = statement.partition(" ")  # the driver sends many rows as one only if it sees INSERT first
        return f"{verb} {activity.whole_comment}{rest}", parameters


def is_writing(connection: Connection) -> bool:
    """Whether a connection's transactions write; those that do not see one moment."""
    return bool(connection.get_execution_options().get("writing", True))


def _of(connection: Connection) -> Activity | None:
    activity: Activity | None = connection.get_execution_options().get(OPTION)
    return activity
