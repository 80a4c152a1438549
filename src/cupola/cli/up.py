"""`cupola up`: the settings of this start, the process, and what it says when it is there."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cupola.base.life import Life
from cupola.base.observe.log import set_up
from cupola.cli import clouds, daemon
from cupola.cli.client import Client, Credentials, wait_for
from cupola.cli.state import StateLock, claim, password, write_secret
from cupola.cli.status import hypervisor
from cupola.wiring.bus import require_no_broker
from cupola.wiring.reload import Reload
from cupola.wiring.settings import Settings, load_settings
from cupola.wiring.started import started, starting

HOST_WITHIN = 30
"""seconds"""


@dataclass(frozen=True)
class Options:
    """What was given on the command line; None is "as configured"."""

    state_dir: Path
    config: Path | None
    port: int | None
    bind: str | None
    hypervisor: str | None
    host_network: bool

    def settings(self) -> Settings:
        """Raises ConfigurationError."""
        given = {"port": self.port, "bind": self.bind, "hypervisor": self.hypervisor}
        overrides = {name: value for name, value in given.items() if value is not None}
        if self.host_network:
            overrides["host_network"] = True
        settings = load_settings(self.config, self.state_dir, overrides)
        require_no_broker(settings)
        return settings

    def arguments(self) -> list[str]:
        """The same, for a child process."""
        words = ["--state-dir", str(self.state_dir)]
        for name in ("config", "port", "bind", "hypervisor"):
            value = getattr(self, name)
            words += [f"--{name}", str(value)] if value is not None else []
        return words + (["--host-network"] if self.host_network else [])


def background(options: Options) -> str:
    """Start the cloud unless it runs; returns what to tell the user."""
    settings = options.settings()
    claim(options.state_dir)
    pid = StateLock(options.state_dir).holder()
    if pid is None:
        clouds.read(clouds.user_file())  # what is wrong with it is said before anything is started
        pid = daemon.start(options.arguments(), options.state_dir)
        _tell_clients(options.state_dir, settings)
        there = "up"
    else:
        settings = started(options.state_dir) or settings
        there = "up already"
    return (
        f"Cupola is {there} at {settings.main.url} (process {pid}).\n"
        f"  runs on:  {_hypervisor(options.state_dir)}\n"
        f"  use it:   export OS_CLOUD=cupola     (or: . {options.state_dir}/openrc; administrator: cupola-admin)\n"
        f"  look in:  cupola trace ID, cupola doctor, cupola status; log: {options.state_dir}/cupola.log\n"
        f"  stop it:  cupola down                (--purge leaves nothing behind)"
        f"{_way_out(settings)}"
    )


def _way_out(settings: Settings) -> str:
    """Nothing, or that servers reach this machine and no further."""
    if settings.main.simulated or Path("/proc/sys/net/ipv4/ip_forward").read_text().strip() == "1":
        return ""
    return "\n  note:     servers do not get beyond this machine: its net.ipv4.ip_forward is 0 (see README)"


def _hypervisor(state_dir: Path) -> str:
    """What servers run on here, as soon as the host has said it."""
    client = Client(Credentials.load(state_dir, "cupola-admin"))
    (host,) = wait_for("no host is there", HOST_WITHIN, lambda: client.get("lens", "/v1/status")["hosts"] or None)
    return hypervisor(host)


def _tell_clients(state_dir: Path, settings: Settings) -> None:
    ours = clouds.entries(
        settings.main.auth_url, password(state_dir / "demo_password"), password(state_dir / "admin_password")
    )
    clouds.merge(state_dir / "clouds.yaml", ours)
    write_secret(state_dir / "openrc", clouds.openrc(ours["cupola"], Path(sys.executable).parent))
    clouds.merge(clouds.user_file(), ours)


def run(options: Options) -> None:
    """Be the cloud's process until told to stop."""
    from cupola.wiring.running import start  # all services: only the process that is the cloud loads them

    life = Life()
    settings = options.settings()
    set_up(settings.main.log_level, settings.observe.journal)
    os.umask(0o066)  # the database has password hashes, images are their owners'; guests pass through to their own
    lock = StateLock(options.state_dir)
    lock.take()
    reread = Reload(settings, options.settings)
    settings = starting(settings)
    admin, demo = password(options.state_dir / "admin_password"), password(options.state_dir / "demo_password")
    running = start(settings, admin, demo)
    lock.announce(settings.main.url)
    life.serve(lambda: f"Serving {settings.main.url}.", partial(reread, running.policy), running.hanging)
    running.stop()
