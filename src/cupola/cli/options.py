"""What the commands share: options, and how they say what an operator can mend."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from cupola.base.errors import CupolaError, OperatorsError
from cupola.cli.client import ApiError, NotRunning
from cupola.cli.daemon import DidNotStart
from cupola.cli.state import default_state_dir

F = TypeVar("F", bound=Callable[..., Any])

state_dir_option = click.option(
    "--state-dir",
    type=click.Path(readable=False, path_type=Path),  # an installed one is passed through, and listed by root only
    default=default_state_dir,
    is_eager=True,  # where it is decides which settings are meant
    show_default="/var/lib/cupola for root",
    help="Where this cloud keeps everything.",
)


def says_why(command: F) -> F:
    """End with one clear sentence instead of a traceback for what an operator can mend."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except BrokenPipeError:  # `cupola status | head`: click ends quietly
            raise
        except (OperatorsError, CupolaError, NotRunning, DidNotStart, ApiError, TimeoutError, OSError) as error:
            raise click.ClickException(str(error)) from error

    return run  # type: ignore[return-value]


INSTALLED_STATE = Path("/var/lib/cupola")
"""Where an installed cloud keeps everything."""


def installed_config() -> Path | None:
    """The file of an installed cloud, if there is one."""
    installed = Path("/etc/cupola/cupola.toml")
    return installed if installed.exists() else None


def _meant(context: click.Context, _: click.Parameter, given: Path | None) -> Path | None:
    """The settings of the installed cloud are not those of one that is said to be elsewhere."""
    by_default = context.get_parameter_source("state_dir") is ParameterSource.DEFAULT
    elsewhere = not by_default or "CUPOLA_STATE_DIR" in os.environ
    if given is None and (not elsewhere or context.params["state_dir"].absolute() == INSTALLED_STATE):
        return installed_config()
    return given


config_option = click.option(
    "--config",
    type=click.Path(exists=True, path_type=Path),
    envvar="CUPOLA_CONFIG",
    callback=_meant,
    show_default="/etc/cupola/cupola.toml if it is there, and no other state directory is named",
    help="Settings of an installed cloud.",
)
"""Of the commands of a cloud in several parts; `cupola up` needs no settings, and takes those it is given only."""
