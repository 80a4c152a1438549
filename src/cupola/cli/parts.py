"""`cupola api`, `cupola conductor`, `cupola agent`: the cloud's parts as processes of their own."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from cupola.cli.options import config_option, says_why, state_dir_option


@click.command()
@state_dir_option
@config_option
@click.option("--service", default=None, help="Serve one service alone, at the top of the port (compute, identity, …).")
@click.option("--bind", default=None, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Port to listen on (8780).")
@says_why
def api(state_dir: Path, config: Path | None, service: str | None, bind: str | None, port: int | None) -> None:
    """Answer requests, without Apache. Any number of these may run."""
    from cupola.cli.serving import part_settings, serve
    from cupola.wiring.api import start

    read = partial(part_settings, state_dir, config, bind=bind, port=port)
    serve("api", read, partial(start, service=service))


@click.command()
@state_dir_option
@config_option
@says_why
def conductor(state_dir: Path, config: Path | None) -> None:
    """Carry out what requests left to do, and keep everything in order. Any number of these may run."""
    from cupola.cli.serving import part_settings, serve
    from cupola.wiring.conductor import start

    serve("conductor", partial(part_settings, state_dir, config), start)


@click.command()
@state_dir_option
@config_option
@click.option("--host", default=None, help="This host's name, if it is not the machine's.")
@says_why
def agent(state_dir: Path, config: Path | None, host: str | None) -> None:
    """Make this machine a host of the cloud: servers, networks and disks. One of these for each host."""
    from cupola.cli.serving import part_settings, serve
    from cupola.wiring.agent import start

    serve("agent", partial(part_settings, state_dir, config, host=host), start)
