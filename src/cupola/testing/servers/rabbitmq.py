"""A private RabbitMQ.

    with rabbitmq_server() as rabbit:
        url = rabbit.url
        rabbit.kill()
        rabbit.start()
        rabbit.ctl("list_queues", "name", "messages")

A node of its own: name, AMQP port (with `tls` another one for TLS), distribution port, port mapper (epmd), cookie and
files. It keeps what it confirmed when it is stopped or killed, and nothing when it is wiped.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from cupola.testing.servers import free_port
from cupola.testing.servers.certificates import Certificates

PROGRAMS = Path("/usr/lib/rabbitmq/bin")
"""Those in /usr/sbin are wrappers that know Debian's own node only."""
OWNER = "rabbitmq"
USER, PASSWORD = "cupola", "broker/@:x"
START_LIMIT = 90
"""seconds until the server answers"""
STOP_LIMIT = 30


def installed() -> bool:
    """Whether this machine has RabbitMQ."""
    return (PROGRAMS / "rabbitmq-server").exists()


@contextlib.contextmanager
def rabbitmq_server(tls: bool = False, settings: Mapping[str, str] | None = None) -> Iterator[RabbitServer]:
    """A new server that runs, and ends with the block; `settings` are of rabbitmq.conf."""
    with tempfile.TemporaryDirectory(prefix="cupola-rabbitmq-", ignore_cleanup_errors=True) as directory:
        server = RabbitServer(Path(directory), tls, settings or {})
        try:
            server.start()
            yield server
        finally:
            server.close()


class RabbitServer:
    """A private server; see the module."""

    def __init__(self, directory: Path, tls: bool = False, settings: Mapping[str, str] | None = None) -> None:
        self.directory = directory
        self.port, self.tls_port = free_port(), free_port() if tls else None
        self.node = f"cupola-{secrets.token_hex(4)}@localhost"
        self._mapper_port, self._distribution_port = free_port(), free_port()
        self._mapper: subprocess.Popen[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.certificates = Certificates.make(directory) if tls else None
        self._prepare(settings or {})

    def _prepare(self, settings: Mapping[str, str]) -> None:
        cookie = self.directory / ".erlang.cookie"
        cookie.write_text(secrets.token_hex(20))
        cookie.chmod(0o400)
        (self.directory / "plugins").write_text("[].\n")
        conf = {
            "listeners.tcp.1": f"127.0.0.1:{self.port}",
            "default_user": USER,
            "default_pass": PASSWORD,
            "loopback_users": "none",
            "disk_free_limit.absolute": "10MB",
            "log.console.level": "warning",
        }
        if self.certificates is not None:
            conf |= {
                "listeners.ssl.1": f"127.0.0.1:{self.tls_port}",
                "ssl_options.cacertfile": str(self.certificates.authority),
                "ssl_options.certfile": str(self.certificates.certificate),
                "ssl_options.keyfile": str(self.certificates.key),
                "ssl_options.verify": "verify_peer",
                "ssl_options.fail_if_no_peer_cert": "false",
            }
        lines = [f"{name} = {value}\n" for name, value in (conf | dict(settings)).items()]
        (self.directory / "rabbitmq.conf").write_text("".join(lines))
        if os.geteuid() == 0:
            for path in (self.directory, *self.directory.iterdir()):
                shutil.chown(path, OWNER, OWNER)

    @property
    def url(self) -> str:
        """As [DEFAULT] transport_url has it."""
        return f"amqp://{USER}:{_quoted(PASSWORD)}@127.0.0.1:{self.port}/"

    @property
    def tls_url(self) -> str:
        return f"amqps://{USER}:{_quoted(PASSWORD)}@localhost:{self.tls_port}/"

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server does not run"
        return self._process.pid

    def start(self) -> None:
        """Run the server; it answers when this returns."""
        self._start_mapper()
        end = time.monotonic() + START_LIMIT
        self._process = self._spawn([str(PROGRAMS / "rabbitmq-server")])
        while not self._answers():
            if self._process.poll() is not None:  # the name of a killed one may be taken for another moment
                self._process = self._spawn([str(PROGRAMS / "rabbitmq-server")])
            if time.monotonic() > end:
                raise TimeoutError(f"RabbitMQ: {(self.directory / 'log').read_text()[-2000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End it as an operator does."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash does."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()

    def wipe(self) -> None:
        """Lose everything: a server that is started after this has neither queues nor messages."""
        assert self._process is None, "stop the server first"
        shutil.rmtree(self.directory / "mnesia", ignore_errors=True)

    def hang(self) -> None:
        """Do nothing from now on, with all connections open."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def close(self) -> None:
        """End all that was started."""
        self._end(signal.SIGTERM)
        if self._mapper is not None:
            self._mapper.kill()
            self._mapper.wait()
            self._mapper = None

    def ctl(self, *words: str) -> str:
        """Run rabbitmqctl; returns what it printed."""
        command = self._as_user([str(PROGRAMS / "rabbitmqctl"), "-q", "-n", self.node, *words])
        done = subprocess.run(
            command, cwd=self.directory, env=self._environment(), capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, f"rabbitmqctl {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def _start_mapper(self) -> None:
        """Nodes find each other's ports by it; a node starts one that nobody would end."""
        if self._mapper is None:
            port = str(self._mapper_port)
            self._mapper = self._spawn(["epmd", "-address", "127.0.0.1", "-port", port])

    def _answers(self) -> bool:
        from kombu.connection import Connection

        try:
            with Connection(self.url, connect_timeout=2) as connection:  # type: ignore[no-untyped-call]
                connection.connect()
        except OSError:
            return False
        return True

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.directory / "log").open("ab") as log:
            return subprocess.Popen(
                self._as_user(command),
                cwd=self.directory,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        self._process.send_signal(signal.SIGCONT)  # it may hang
        try:
            self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _environment(self) -> dict[str, str]:
        home = str(self.directory)
        return {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "HOME": home,
            "ERL_EPMD_PORT": str(self._mapper_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_ALLOW_INPUT": "true",  # the shell script becomes the server, which a signal then reaches
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": f"{home}/rabbitmq.conf",
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{home}/plugins",
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_LOG_BASE": home,
            "RABBITMQ_MNESIA_BASE": f"{home}/mnesia",
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_SERVER_START_ARGS": "-noinput +S 2:2",
        }

    @staticmethod
    def _as_user(command: list[str]) -> list[str]:
        as_user = ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--init-groups"]
        return [*as_user, *command] if os.geteuid() == 0 else command


def _quoted(text: str) -> str:
    return quote(text, safe="")
