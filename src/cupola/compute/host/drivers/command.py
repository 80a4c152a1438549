"""Running the host's tools: argument lists only, a time limit always, every run an effect."""

import shlex
import subprocess
from collections.abc import Sequence

from cupola.compute.host.drivers.effects import Effects
from cupola.compute.host.drivers.errors import HypervisorError

ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}


def run(effects: Effects, what: str, argv: Sequence[str], limit: float = 60.0) -> str:
    """Run a tool to its end and return its standard output.

    Raises HypervisorError with the tool's error text when it fails, is missing, or takes more than `limit` seconds.
    """
    with effects.doing(what, shlex.join(argv)) as outcome:
        try:
            done = subprocess.run(
                argv, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit
            )
        except subprocess.TimeoutExpired:
            raise HypervisorError(what, f"{argv[0]} did not end within {limit:g} s") from None
        except FileNotFoundError:
            raise HypervisorError(what, f"{argv[0]} is not installed") from None
        if done.returncode != 0:
            raise HypervisorError(what, f"{argv[0]} ended with status {done.returncode}", done.stderr)
        outcome.result = "exit 0"
    return done.stdout
