"""`cupola bootstrap`: what a new cloud starts with."""

from __future__ import annotations

import os
from pathlib import Path

import click

from cupola.base.bus.nowhere import Nowhere
from cupola.cli.options import config_option, says_why, state_dir_option

ADMIN, DEMO = "CUPOLA_ADMIN_PASSWORD", "CUPOLA_DEMO_PASSWORD"
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@state_dir_option
@config_option
@click.option("--admin-password-file", type=_file, help=f"Has the administrator's password; or the variable {ADMIN}.")
@click.option("--demo-password-file", type=_file, help=f"Has the user demo's; or {DEMO}. Without one it has none.")
@click.option("--image/--no-image", default=True, help="Whether to bring the guest image.")
@says_why
def bootstrap(
    state_dir: Path,
    config: Path | None,
    admin_password_file: Path | None,
    demo_password_file: Path | None,
    image: bool,
) -> None:
    """Make what a new cloud needs: users, projects, roles, catalog, flavors, networks, guest image. Safe to repeat.

    What is there stays as it is, but for the catalog, which follows [DEFAULT] public_url and traditional_ports. A
    password is given to a new user only. Run it as the user that the APIs run as.
    """
    admin = _password(admin_password_file, ADMIN)
    if admin is None:
        raise click.ClickException(
            f"The administrator needs a password: --admin-password-file, or the variable {ADMIN}."
        )
    demo = _password(demo_password_file, DEMO)
    from cupola.cli.serving import part_settings
    from cupola.wiring import bootstrap as wiring
    from cupola.wiring.plane import open_plane

    os.umask(0o066)  # image files are their owner's
    settings = part_settings(state_dir, config)
    first_things = wiring.bootstrap if image else wiring.bootstrap_without_image
    plane = open_plane(settings, "bootstrap", bus=Nowhere())
    try:
        first_things(plane.ctx, settings, plane.people, admin, demo)
    finally:
        plane.close()
    click.echo(f"There is what a cloud starts with; clients log in at {settings.main.auth_url}.")


def _password(file: Path | None, variable: str) -> str | None:
    """Never from the command line, which everybody on the machine may read."""
    return (os.environ.get(variable, "") if file is None else file.read_text().strip()) or None
