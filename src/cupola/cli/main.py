"""The `cupola` command: argument parsing and words; the work is done by wiring, the lens, and the cloud's own APIs."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import orjson

from cupola import __version__
from cupola.cli.bootstrap_command import bootstrap
from cupola.cli.check_command import check
from cupola.cli.client import Client, Credentials
from cupola.cli.db_command import db
from cupola.cli.host_command import host
from cupola.cli.install_command import install
from cupola.cli.options import INSTALLED_STATE, config_option, installed_config, says_why, state_dir_option
from cupola.cli.parts import agent, api, conductor


@click.group()
@click.version_option(__version__)
def main() -> None:
    """An OpenStack cloud you can see through."""


@main.command()
@state_dir_option
@click.option("--config", type=click.Path(exists=True, path_type=Path), help="Settings (cupola.toml); none are needed.")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Port of all APIs (8780).")
@click.option(
    "--bind",
    default=None,
    help="Address to listen on (127.0.0.1); clients on other machines need the setting public_url too.",
)
@click.option(
    "--hypervisor",
    type=click.Choice(["auto", "kvm", "qemu", "libvirt", "simulated"]),
    default=None,
    help="What runs servers; simulated needs neither root nor QEMU, and emulates neither console text nor ssh.",
)
@click.option("--host-network", is_flag=True, help="Use the machine's own network namespace (production).")
@click.option("--foreground", is_flag=True, help="Stay attached; logs go to standard error.")
@says_why
def up(
    state_dir: Path,
    config: Path | None,
    port: int | None,
    bind: str | None,
    hypervisor: str | None,
    host_network: bool,
    foreground: bool,
) -> None:
    """Start the cloud, or say that it runs."""
    from cupola.cli.up import Options, background, run

    options = Options(state_dir.absolute(), config and config.absolute(), port, bind, hypervisor, host_network)
    if foreground:
        run(options)
    else:
        click.echo(background(options))


@main.command()
@state_dir_option
@click.option("--purge", is_flag=True, help="Also end all servers and delete everything the cloud keeps.")
@says_why
def down(state_dir: Path, purge: bool) -> None:
    """Stop the cloud. Servers keep running, unless everything is purged."""
    from cupola.cli.down import down as take_down

    installed = installed_config() if state_dir.absolute() == INSTALLED_STATE else None
    for line in take_down(state_dir.absolute(), purge, installed):
        click.echo(line)


@main.command()
@config_option
@state_dir_option
@says_why
def status(state_dir: Path, config: Path | None) -> None:
    """Say what runs here."""
    from cupola.cli.status import status_lines

    for line in status_lines(state_dir.absolute(), config):
        click.echo(line)


@main.command()
@state_dir_option
@click.option("--name", default="first", show_default=True, help="Name of the server.")
@says_why
def demo(state_dir: Path, name: str) -> None:
    """Boot a first server, wait until it answers, and show its trace."""
    from cupola.cli.demo import demo as boot

    for line in boot(state_dir.absolute(), name):
        click.echo(line)


@main.command(context_settings={"ignore_unknown_options": True})
@state_dir_option
@click.argument("server")
@click.argument("command", nargs=-1)
@says_why
def ssh(state_dir: Path, server: str, command: tuple[str, ...]) -> None:
    """Log in to a SERVER by name or id: finds its address, key and network namespace."""
    from cupola.cli.ssh import ssh as log_in

    sys.exit(log_in(state_dir.absolute(), server, command))


@main.command()
@state_dir_option
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="The tree as JSON.")
@says_why
def trace(state_dir: Path, id_: str, as_json: bool) -> None:
    """Follow a request, operation, message, server or port by its id: what happened, and what did not."""
    from cupola.lens.node import Node
    from cupola.lens.text import lines

    answer = _admin(state_dir).get("lens", f"/v1/traces/{id_}")
    if as_json:
        click.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2))
        return
    for line in lines([Node.from_json(tree) for tree in answer["traces"]]):
        click.echo(line)


@main.command()
@state_dir_option
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON.")
@says_why
def doctor(state_dir: Path, as_json: bool) -> None:
    """Compare what is recorded with what is real. Exits with 1 when something differs."""
    findings = _admin(state_dir).get("lens", "/v1/doctor")["findings"]
    if as_json:
        click.echo(orjson.dumps(findings, option=orjson.OPT_INDENT_2))
    elif not findings:
        click.echo("No findings: what is recorded is what is real.")
    for finding in [] if as_json else findings:
        where = f" on {finding['host']}" if finding["host"] else ""
        click.echo(f"{finding['check']}{where}: {finding['what']}")
        if finding["request_id"]:
            click.echo(f"    last changed by {finding['request_id']}")
        click.echo(f"    {finding['remedy']}")
    sys.exit(1 if findings else 0)


main.add_command(check)
main.add_command(install)
main.add_command(api)
main.add_command(conductor)
main.add_command(agent)
main.add_command(bootstrap)
main.add_command(db)
main.add_command(host)


def _admin(state_dir: Path) -> Client:
    return Client(Credentials.load(state_dir.absolute(), "cupola-admin"))


if __name__ == "__main__":
    main()
