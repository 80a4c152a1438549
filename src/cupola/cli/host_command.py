"""`cupola host`: the credentials that agents on other machines need. These commands need the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from cupola.base.bus.nowhere import Nowhere
from cupola.base.context import Context
from cupola.cli.options import config_option, says_why, state_dir_option


@click.group()
def host() -> None:
    """Hosts, and what their agents prove themselves with."""


@host.command()
@state_dir_option
@config_option
@click.argument("name")
@click.option("--output", type=click.Path(path_type=Path), help="The file to write it to, for its owner alone.")
@says_why
def credential(state_dir: Path, config: Path | None, name: str, output: Path | None) -> None:
    """Make a credential for the host NAME. The one before stays good until the next is made."""
    from cupola.base.hosts.credentials import issue
    from cupola.cli.state import write_secret

    with _cloud(state_dir, config) as ctx:
        made = issue(ctx, name)
    if output is None:
        click.echo(made)
    else:
        output.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_secret(output, made + "\n")
        click.echo(f"Written to {output}: bring it to {name} as its [agent] credential_file.")


@host.command()
@state_dir_option
@config_option
@click.argument("name")
@says_why
def revoke(state_dir: Path, config: Path | None, name: str) -> None:
    """End all credentials of the host NAME: its agent is not let in any more."""
    from cupola.base.hosts.credentials import revoke as end

    with _cloud(state_dir, config) as ctx:
        click.echo(f"Ended: {end(ctx, name)} credentials of {name}.")


@host.command("list")
@state_dir_option
@config_option
@says_why
def list_(state_dir: Path, config: Path | None) -> None:
    """The hosts: when they were last heard of, and how many credentials are good."""
    from cupola.base.hosts.credentials import numbers
    from cupola.base.hosts.registry import all_hosts

    with _cloud(state_dir, config) as ctx:
        hosts, good = ctx.read("host.list", lambda tx: (all_hosts(tx), numbers(tx)))
        seen = {each.name: each for each in hosts}
        for name in sorted({*seen, *good}):
            known = seen.get(name)
            state = "never heard of"
            if known is not None:
                at = known.seen_at.isoformat(timespec="seconds")
                state = f"up, seen {at}" if known.alive(ctx.now()) else f"silent since {at}"
            click.echo(f"{name}: {state}; {good.get(name, 0)} credentials")


@contextmanager
def _cloud(state_dir: Path, config: Path | None) -> Iterator[Context]:
    from cupola.cli.serving import part_settings
    from cupola.wiring.plane import open_plane

    plane = open_plane(part_settings(state_dir, config), "host", bus=Nowhere())
    try:
        yield plane.ctx
    finally:
        plane.close()
