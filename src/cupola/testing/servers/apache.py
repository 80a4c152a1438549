"""A private Apache with mod_wsgi that serves a cloud's APIs as an installed one does.

    with apache_server(directory, state_dir=cloud.state, config=cloud.config) as apache:
        answer = get(f"{apache.url}/identity/v3")

Debian's own program with the site that is installed in production, run by an unprivileged user, in a directory of its
own and on free ports of 127.0.0.1. Where root starts it that user may still read and write every file, since the
virtual environment and the cloud's state are root's.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cupola
from cupola.install.apache import ApacheSite, apache_script, apache_site, modules
from cupola.testing.servers import free_port
from cupola.wiring.settings import TRADITIONAL_PORTS

PROGRAM = Path("/usr/sbin/apache2")
MODULES = Path("/usr/lib/apache2/modules")
USER = "www-data"
_OURS = ("PYTHON", "CUPOLA_")
"""Variables of the tests' own process, which would reach the application's."""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""As systemd gives it: mod_wsgi takes the standard library of the first python3 there, which must fit Debian's."""
START_WITHIN = 30
STOP_WITHIN = 60
"""seconds"""


def installed() -> bool:
    """Whether this machine has Apache, and a mod_wsgi for the Python that runs this."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return PROGRAM.exists() and (MODULES / f"mod_wsgi.so-{version}").exists()


@contextlib.contextmanager
def apache_server(
    directory: Path, script: str | None = None, more: str = "", **settings: Any
) -> Iterator[ApacheServer]:
    """A new server that runs, and ends with the block.

    `settings` are those of `ApacheSite`; ports are free ones. `script` is another text for mod_wsgi to load, `more`
    what is added to the configuration.
    """
    server = ApacheServer(directory, private_site(directory, **settings), more)
    put_in_place(server, script)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def private_site(directory: Path, **settings: Any) -> ApacheSite:
    """The site of a private server: on free ports of 127.0.0.1, with the packages of the Python that runs this."""
    paths = [str(Path(cupola.__file__).parents[1]), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    private = {
        "script": directory / "cupola.wsgi",
        "bind": "127.0.0.1",
        "port": free_port(),
        "ports": {service: free_port() for service in TRADITIONAL_PORTS},
        "user": None,
        "group": None,
        "python_path": ":".join(dict.fromkeys(paths)),
        "log_dir": str(directory),
    }
    return replace(ApacheSite(), **{**private, **settings})


def put_in_place(server: ApacheServer, script: str | None = None) -> None:
    """Write the files of a server."""
    server.site.script.write_text(script or apache_script())
    server.write()


class ApacheServer:
    """A private server; see the module."""

    def __init__(self, directory: Path, site: ApacheSite, more: str = "") -> None:
        self.directory, self.site, self._more = directory, site, more
        self.configuration = directory / "apache.conf"
        self.kept_from_nothing = True
        """Whether its user may read and write every file, where root starts it."""
        plain = {name: text for name, text in os.environ.items() if not name.startswith(_OURS)}
        self.environment = plain | {"PATH": PATH}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def scheme(self) -> str:
        return "https" if self.site.certificate else "http"

    @property
    def url(self) -> str:
        """Of all services, each under its root."""
        return f"{self.scheme}://127.0.0.1:{self.site.port}"

    def url_of(self, service: str) -> str:
        """Of a service alone."""
        return f"{self.scheme}://127.0.0.1:{self.site.ports[service]}"

    @property
    def access_log(self) -> str:
        return (self.directory / "cupola-access.log").read_text()

    @property
    def error_log(self) -> str:
        return (self.directory / "cupola-error.log").read_text()

    @property
    def server_log(self) -> str:
        """What Apache says of itself, rather than of a request."""
        return (self.directory / "error.log").read_text()

    @property
    def pid(self) -> int:
        """Of its main process."""
        assert self._process is not None, "the server does not run"
        return self._process.pid

    def write(self) -> None:
        """Write the configuration."""
        lines = [
            f"DefaultRuntimeDir {self.directory}",
            f"PidFile {self.directory}/apache.pid",
            f"WSGISocketPrefix {self.directory}/wsgi",
            "ServerName localhost",
            f"ErrorLog {self.directory}/error.log",
            "LogLevel info",
            *(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in ("mpm_event", *modules(self.site))),
            "<Directory />",  # as Debian has it
            "AllowOverride None",
            "Require all denied",
            "</Directory>",
            "StartServers 1",
            "ServerLimit 8",
            "ThreadsPerChild 32",
            "MaxRequestWorkers 128",
            self._more,
            apache_site(self.site),
        ]
        self.configuration.write_text("\n".join(lines))

    def start(self) -> subprocess.Popen[bytes]:
        """Run the server; it takes connections when this returns. Returns its main process."""
        if os.geteuid() == 0:
            shutil.chown(self.directory, USER, USER)
        output = (self.directory / "output").open("wb")
        command = [
            str(PROGRAM),
            "-D",
            "FOREGROUND",
            "-d",
            str(self.configuration.parent),
            "-f",
            str(self.configuration),
        ]
        with output:
            self._process = subprocess.Popen(
                [*self._as_user(), *command], cwd="/", env=self.environment, stdout=output, stderr=output
            )
        end = time.monotonic() + START_WITHIN
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"Apache did not start: {(self.directory / 'output').read_text()}")
            time.sleep(0.05)
        return self._process

    def _as_user(self) -> list[str]:
        """Run as an unprivileged user."""
        if os.geteuid() != 0:
            return []
        may = "-all,+dac_override" if self.kept_from_nothing else "-all"
        as_user = (f"--reuid={USER}", f"--regid={USER}", "--init-groups", f"--inh-caps={may}", f"--ambient-caps={may}")
        return ["setpriv", *as_user, "--"]

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.site.port)) == 0

    def send(self, number: signal.Signals) -> None:
        """Tell Apache's main process something (SIGUSR1: reload gracefully, SIGWINCH: stop gracefully)."""
        assert self._process is not None, "the server does not run"
        self._process.send_signal(number)

    def daemons(self) -> list[int]:
        """The processes that run the application."""
        return [pid for pid in _children(self.pid) if _command(pid).startswith("(wsgi:")]

    def front(self) -> list[int]:
        """The processes that speak with clients."""
        return [pid for pid in _children(self.pid) if not _command(pid).startswith("(wsgi:")]

    def reload_application(self) -> None:
        """Have the daemon processes replaced, as an operator does: `touch` of the script."""
        self.site.script.touch()

    def wait(self) -> None:
        """Wait until the server has ended."""
        if self._process is not None:
            self._process.wait(STOP_WITHIN)

    def kill(self) -> None:
        """End all of its processes as a crash does."""
        assert self._process is not None, "the server does not run"
        ours = _children(self.pid)
        self._process.kill()
        for pid in ours:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self.wait()


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


def memory(pid: int) -> int:
    """Bytes that a process has in memory, of its own and shared."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmRSS:"))
