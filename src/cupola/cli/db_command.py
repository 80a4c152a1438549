"""`cupola db`: the database of an installed cloud."""

from __future__ import annotations

from pathlib import Path

import click

from cupola.cli.options import config_option, says_why, state_dir_option


@click.group()
def db() -> None:
    """The cloud's database."""


@db.command()
@state_dir_option
@config_option
@says_why
def sync(state_dir: Path, config: Path | None) -> None:
    """Make the tables, or bring them to what this program needs. Safe to repeat, and after an interrupted run."""
    from sqlalchemy.exc import DBAPIError

    from cupola.base.db import migrations
    from cupola.base.db.engine import make_engine
    from cupola.base.errors import ConfigurationError
    from cupola.cli.serving import part_settings

    engine = make_engine(part_settings(state_dir, config).database_url)
    try:
        before = migrations.current(engine)
        migrations.sync(engine)
    except DBAPIError as error:
        why = str(error.orig).strip().partition("\n")[0]
        raise ConfigurationError(f"The database refuses: {why} (`cupola check` says what mends it)") from error
    finally:
        engine.dispose()
    click.echo(f"The database is at revision {migrations.head()}; it was at {before or 'none'}.")
