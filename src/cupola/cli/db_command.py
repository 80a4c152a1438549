"""`cupola db`: the database's schema, copies of it, and what is kept in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cupola.base.errors import ConfigurationError
from cupola.cli.options import config_option, says_why, state_dir_option

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cupola.base.db.copies import Sum
    from cupola.wiring.settings import Settings


@click.group()
def db() -> None:
    """The database: bring it up to date, look at it, copy it, and forget what is over."""


@db.command()
@state_dir_option
@config_option
@click.option("--contract", is_flag=True, help="Also take away what only earlier versions use; none may run any more.")
@says_why
def sync(state_dir: Path, config: Path | None, contract: bool) -> None:
    """Make the tables, or bring them to this version. Safe to repeat; the version before can go on running."""
    from cupola.base.db import migrations

    with _engine(_settings(state_dir, config)) as engine:
        before = migrations.current(engine)
        migrations.sync(engine, contract)
        at = migrations.current(engine)
    click.echo(f"The database is at revision {at}; it was at {before or 'none'}.")
    if at is not None and at < migrations.head():
        click.echo("When no earlier version runs any more: cupola db sync --contract")


@db.command()
@state_dir_option
@config_option
@says_why
def status(state_dir: Path, config: Path | None) -> None:
    """Say which database it is, at which revision, and how much it holds."""
    from cupola.base.db import migrations, server

    with _engine(_settings(state_dir, config)) as engine:
        history, at = migrations.History(), migrations.current(engine)
        click.echo(f"database: {engine.url.render_as_string(hide_password=True)}")
        click.echo(f"server: {server.version(engine)}; {server.others(engine)} other connections")
        click.echo(f"revision: {at or 'none'}; this program's newest is {history.head}, it needs {history.needed}")
        for revision in history.pending(at):
            click.echo(f"pending: {revision} ({'contract' if revision in history.contractions else 'expand'})")
        if at is not None and at > history.head:
            click.echo(f"expanded by a newer version; programs from {migrations.oldest(engine) or 'any'} on may run")
        for line in server.privileges(engine):
            click.echo(f"privileges: {line}")
        for size in server.sizes(engine):
            click.echo(f"table {size.table}: {size.rows} rows" + (f", {size.bytes >> 10} KiB" if size.bytes else ""))


@db.command()
@state_dir_option
@config_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@says_why
def backup(state_dir: Path, config: Path | None, file: Path) -> None:
    """Write all of the database, as it is at one moment, into a new FILE. The cloud may run."""
    from cupola.base.db import copies

    if file.exists():
        raise ConfigurationError(f"{file} exists already.")
    with _engine(_settings(state_dir, config), ready=True) as engine:
        _tell(f"Written to {file}", copies.backup(engine, file))


@db.command()
@state_dir_option
@config_option
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@says_why
def restore(state_dir: Path, config: Path | None, file: Path) -> None:
    """Read a backup FILE into an empty database, of whatever kind. No part of the cloud may run."""
    from cupola.base.db import copies
    from cupola.wiring.restored import catch_up

    settings = _settings(state_dir, config)
    with _engine(settings) as engine:
        _check_empty(engine)
        _check_nothing_runs(settings, engine)
        _tell(f"Restored from {file}", copies.restore(engine, file, catch_up))


@db.command()
@state_dir_option
@config_option
@click.argument("url")
@says_why
def move(state_dir: Path, config: Path | None, url: str) -> None:
    """Copy everything into the empty database at URL (postgresql://… or mariadb://…), of a cloud that does not run.

    The copy is compared with the original before it is kept; if it is interrupted, nothing was written: run it again.
    A URL with a password is seen by `ps`: give `-`, and it is asked for.
    """
    from cupola.base.db import copies
    from cupola.base.db.engine import make_engine

    url = click.prompt("URL", hide_input=True) if url == "-" else url
    settings = _settings(state_dir, config)
    target = make_engine(url)
    try:
        with _engine(settings, ready=True) as source:
            _check_nothing_runs(settings, source)
            if str(source.url) == str(target.url):
                raise ConfigurationError("That is where the database is now.")
            _check_empty(target)
            _check_nothing_runs(settings, target)
            _tell("Moved", copies.copy(source, target))
        click.echo("Now set [database] connection to the new URL, and start the cloud. The old database is as it was.")
    finally:
        target.dispose()


_days = click.option("--days", type=click.IntRange(1), default=90, show_default=True, help="What ended before that.")


@db.command()
@state_dir_option
@config_option
@_days
@says_why
def purge(state_dir: Path, config: Path | None, days: int) -> None:
    """Remove requests, operations and deleted servers that are over since so many days. The cloud may run."""
    _forget(state_dir, config, days, None)


@db.command()
@state_dir_option
@config_option
@_days
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@says_why
def archive(state_dir: Path, config: Path | None, days: int, file: Path) -> None:
    """Do as `purge`, and add what is removed to FILE first: a line of JSON for each row."""
    _forget(state_dir, config, days, file)


def _settings(state_dir: Path, config: Path | None) -> Settings:
    from cupola.cli.serving import part_settings
    from cupola.wiring.started import started

    return (started(state_dir.absolute()) if config is None else None) or part_settings(state_dir, config)


@contextmanager
def _engine(settings: Settings, ready: bool = False) -> Iterator[Engine]:
    """The database of the settings; `ready`: at a revision that this program works with."""
    from sqlalchemy.exc import DBAPIError

    import cupola.wiring.services  # noqa: F401 - the tables of all services
    from cupola.base.db import migrations
    from cupola.base.db.engine import make_engine

    engine = make_engine(settings.database_url)
    try:
        if ready:
            migrations.check(engine)
        yield engine
    except DBAPIError as error:
        why = str(error.orig).strip().partition("\n")[0]
        raise ConfigurationError(f"The database refuses: {why} (`cupola check` says what mends it)") from error
    finally:
        engine.dispose()


def _check_empty(engine: Engine) -> None:
    from cupola.base.db import copies

    with engine.connect().execution_options(writing=False) as connection:
        copies.check_empty(connection)


def _check_nothing_runs(settings: Settings, engine: Engine) -> None:
    """Raise ConfigurationError if a part of the cloud is seen to run on the database."""
    from cupola.base.db import server
    from cupola.cli.state import StateLock

    if pid := StateLock(settings.state_dir).holder():
        raise ConfigurationError(f"The cloud runs (process {pid}): stop it first.")
    if others := server.others(engine):
        raise ConfigurationError(f"The database has {others} other connections: stop all parts of the cloud first.")


def _tell(done: str, total: dict[str, Sum]) -> None:
    click.echo(f"{done}: {sum(one.rows for one in total.values())} rows of {len(total)} tables.")


def _forget(state_dir: Path, config: Path | None, days: int, file: Path | None) -> None:
    from datetime import timedelta

    from cupola.base.bus.nowhere import Nowhere
    from cupola.compute.interface import forget_before
    from cupola.wiring.plane import open_plane

    plane = open_plane(_settings(state_dir, config), "db", bus=Nowhere())
    try:
        with _archive(file) as keep:
            removed = forget_before(plane.ctx, plane.ctx.now() - timedelta(days=days), keep)
    finally:
        plane.close()
    for table, number in sorted(removed.items()):
        click.echo(f"{table}: {number} rows")
    click.echo(f"Removed: {removed.total()} rows." + (f" They are in {file}." if file and removed else ""))


@contextmanager
def _archive(file: Path | None) -> Iterator[Any]:
    """Writes rows that are about to go to the disk: a row may be there twice after a crash, and is never missing."""
    import os

    import orjson

    if file is None:
        yield lambda table, rows: None
        return
    file.touch(mode=0o600)
    with file.open("ab") as out:

        def _json(value: Any) -> bytes:
            return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE)

        def keep(table: str, rows: Sequence[dict[str, Any]]) -> None:
            out.writelines(_json({"table": table, "row": row}) for row in rows)
            out.flush()
            os.fsync(out.fileno())

        yield keep
