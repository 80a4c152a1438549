"""Writes the first linear history from the table definitions: one table a revision, safe to run again.

    python packaging/make_migrations.py

Run once, before the first release; from then on a change of a table comes with a revision written by hand.
"""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

from alembic.autogenerate import render_python_code
from alembic.operations import ops
from sqlalchemy import Table

import cupola
from cupola.base.db.migrations import VERSIONS
from cupola.base.db.types import Json, Timestamp, metadata

TEMPLATE = '''"""Make the table {name}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
{imports}
revision = "{number}"
down_revision = {before}


def upgrade() -> None:
    {body}
'''


def tables() -> list[Table]:
    """All tables of all services, those that others refer to first."""
    for module in pkgutil.walk_packages(cupola.__path__, "cupola."):
        if ".tables" in module.name:
            importlib.import_module(module.name)
    return metadata.sorted_tables


def render_type(kind: str, value: object, context: object) -> str | bool:
    """Our own column types by their name; the others as Alembic writes them."""
    return f"{type(value).__name__}()" if kind == "type" and isinstance(value, (Json, Timestamp)) else False


def revision(table: Table, number: str, before: str | None) -> str:
    """The text of the revision that makes `table` and its indexes."""
    steps: list[ops.MigrateOperation] = [ops.CreateTableOp.from_table(table)]
    steps += [ops.CreateIndexOp.from_index(index) for index in sorted(table.indexes, key=lambda index: str(index.name))]
    for step in steps:
        step.if_not_exists = True  # type: ignore[attr-defined]
    body = render_python_code(ops.UpgradeOps(steps), render_as_batch=False, render_item=render_type)
    own = [name for name in ("Json", "Timestamp") if f"{name}()" in body]
    imports = f"\nfrom cupola.base.db.types import {', '.join(own)}\n" if own else ""
    code = "\n".join(line for line in body.splitlines() if "### " not in line).strip()
    return TEMPLATE.format(
        name=table.name, imports=imports, number=number, before=f'"{before}"' if before else None, body=code
    )


def main() -> None:
    for old in VERSIONS.glob("[0-9]*.py"):
        old.unlink()
    before = None
    for position, table in enumerate(tables(), 1):
        number = f"{position:04}"
        (VERSIONS / f"{number}_{table.name}.py").write_text(revision(table, number, before))
        before = number
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", str(VERSIONS)], check=True)
    subprocess.run([sys.executable, "-m", "ruff", "check", "-q", "--fix", str(VERSIONS)], check=True)
    print(f"{position} revisions in {Path(VERSIONS).relative_to(Path.cwd())}")


main()
