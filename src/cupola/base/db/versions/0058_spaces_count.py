"""Let MariaDB tell text with spaces at its end from text without, as the other databases do.

Tables were made with a collation that pads: "ann" and "ann " were one name. It changes no column that a foreign key
uses, so these go before and come back after; which they are is in a table meanwhile, as each statement commits.
"""

from __future__ import annotations

import orjson
import sqlalchemy as sa
from alembic import op

from cupola.base.db.types import exact_collation

revision = "0058"
down_revision = "0057"

_KEPT = "foreign_keys_meanwhile"
_PADDING = (
    "SELECT table_name FROM information_schema.tables"
    " WHERE table_schema = database() AND table_collation = 'utf8mb4_bin' AND table_name <> 'alembic_version'"
)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name not in ("mysql", "mariadb"):
        return
    names = sorted(str(row[0]) for row in connection.exec_driver_sql(_PADDING))
    there = set(sa.inspect(connection).get_table_names())
    if not names and _KEPT not in there:
        return
    if _KEPT not in there:
        keys = {name: sa.inspect(connection).get_foreign_keys(name) for name in there}
        kept = orjson.dumps([{"table": name, **key} for name in keys for key in keys[name]]).decode()
        written = sa.text(f"CREATE TABLE {_KEPT} COLLATE {exact_collation(connection.dialect)} AS SELECT :kept AS kept")
        connection.execute(written, {"kept": kept})
    keys = orjson.loads(connection.exec_driver_sql(f"SELECT kept FROM {_KEPT}").scalar_one())
    for key in keys:
        if key["name"] in _foreign_keys(connection, key["table"]):
            op.drop_constraint(key["name"], key["table"], type_="foreignkey")
    for name in names:
        if name != _KEPT:
            op.execute(
                f"ALTER TABLE `{name}` CONVERT TO CHARACTER SET utf8mb4 COLLATE {exact_collation(connection.dialect)}"
            )
    for key in keys:
        if key["name"] not in _foreign_keys(connection, key["table"]):
            columns = key["constrained_columns"], key["referred_columns"]
            op.create_foreign_key(key["name"], key["table"], key["referred_table"], *columns, **key["options"])
    op.execute(f"DROP TABLE {_KEPT}")


def _foreign_keys(connection: sa.Connection, table: str) -> set[str]:
    return {str(key["name"]) for key in sa.inspect(connection).get_foreign_keys(table)}
