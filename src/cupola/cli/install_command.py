"""`cupola install`: make this machine a part of the cloud."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import click

from cupola.base.errors import ConfigurationError
from cupola.cli.options import says_why

DATABASE, BROKER = "CUPOLA_DATABASE_CONNECTION", "CUPOLA_DEFAULT_TRANSPORT_URL"
_file = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
_pem = click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path)
"""In Apache's site: it would look for `cloud.pem` elsewhere."""


@click.command()
@click.option("--role", type=click.Choice(["controller", "compute", "all"]), required=True, help="What it is to be.")
@click.option("--dry-run", is_flag=True, help="Show each file with what would change in it, and each command.")
@click.option("--root", type=click.Path(path_type=Path), help="Write into this tree, run nothing, give nothing away.")
@click.option("--database-url-file", type=_file, help=f"Has the database's URL; or the variable {DATABASE}.")
@click.option("--transport-url-file", type=_file, help=f"Has the broker's URL; or the variable {BROKER}.")
@click.option("--public-url", help="How clients on other machines reach the APIs (none: only from this machine).")
@click.option("--control-url", help="Where a compute host finds the APIs.")
@click.option("--host", default=lambda: socket.gethostname().partition(".")[0], help="This machine's name.")
@click.option("--certificate", type=_pem, help="The certificate (PEM, with its chain) that Apache shows: https.")
@click.option("--key", type=_pem, help="The certificate's key.")
@click.option("--behind-proxy", is_flag=True, help="Something else takes what comes to --public-url, and hands it on.")
@click.option("--hypervisor", help="What runs servers (auto).")
@click.option("--image/--no-image", default=True, help="Whether to build the guest image: it takes a Debian mirror.")
@click.option(
    "--web", type=click.Choice(["apache", "own"]), default="apache", show_default=True, help="Serves the APIs."
)
@says_why
def install(
    role: str,
    dry_run: bool,
    root: Path | None,
    database_url_file: Path | None,
    transport_url_file: Path | None,
    public_url: str | None,
    control_url: str | None,
    host: str,
    hypervisor: str | None,
    certificate: Path | None,
    key: Path | None,
    web: str,
    behind_proxy: bool,
    image: bool,
) -> None:
    """Make this machine a part of the cloud: user, directories, settings, web server, tables, units.

    What is there and right stays; settings that are there stay whatever they are. May be run again at any time.
    """
    from cupola.cli.clouds import entries
    from cupola.install.actions import Root, carry_out
    from cupola.install.recipe import Recipe
    from cupola.install.texts import Answers

    if root is None and os.geteuid() != 0 and not dry_run:
        raise ConfigurationError("Installing needs root; --dry-run shows what it would do, --root writes into a tree.")
    database, broker = _secret(database_url_file, DATABASE), _secret(transport_url_file, BROKER)
    answers = Answers(role, host, database, broker, public_url, control_url, hypervisor, certificate, key, behind_proxy)
    machine = Root(root and root.absolute(), Path("/run/systemd/system").is_dir())
    recipe = Recipe(answers, entries, apache=web == "apache", image=image)
    for line in carry_out(recipe.plan(machine), machine, dry_run):
        click.echo(line)


def _secret(file: Path | None, variable: str) -> str | None:
    """A URL with a password in it: never from the command line, which everybody on the machine may read."""
    if file is None:
        return os.environ.get(variable)
    return (sys.stdin.read() if str(file) == "-" else file.read_text()).strip()
