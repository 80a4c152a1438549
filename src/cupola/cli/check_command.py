"""`cupola check`: whether this machine is fit for a part of a cloud, before anything is changed."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import click
import orjson

from cupola.cli.options import config_option, says_why, state_dir_option

_SIGNS = {"error": "✗", "warning": "!", "unknown": "?"}


@click.command()
@state_dir_option
@config_option
@click.option(
    "--role",
    type=click.Choice(["controller", "compute", "all"]),
    default="all",
    show_default=True,
    help="What this machine is to be: APIs and conductor, a host of servers, or both.",
)
@click.option("--json", "as_json", is_flag=True, help="The results as JSON.")
@says_why
def check(state_dir: Path, config: Path | None, role: str, as_json: bool) -> None:
    """Look whether this machine is fit for the cloud, and say how to mend what is not. Exits with 1 on an error."""
    from cupola.install.checks import examine
    from cupola.install.checks.finding import Situation
    from cupola.install.machine import Machine
    from cupola.wiring.settings import load_settings

    settings = load_settings(config, state_dir.absolute(), {})
    results = []
    for result in examine(Situation(Machine(), role, settings, config or Path("/etc/cupola/cupola.toml"))):
        results.append(result)
        if as_json:
            continue
        click.echo(f"{_SIGNS[result.findings[0].severity] if result.findings else '✓'} {result.check}")
        for finding in result.findings:
            click.echo(f"    {finding.severity}: {finding.what}")
            click.echo(f"      {finding.why}")
            click.echo(f"      → {finding.remedy}")
    failed = any(finding.severity == "error" for result in results for finding in result.findings)
    if as_json:
        document = [
            {"check": each.check, "findings": [dataclasses.asdict(f) for f in each.findings]} for each in results
        ]
        click.echo(orjson.dumps({"role": role, "fit": not failed, "results": document}, option=orjson.OPT_INDENT_2))
    sys.exit(1 if failed else 0)
