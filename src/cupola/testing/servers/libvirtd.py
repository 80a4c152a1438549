"""A private libvirtd, with a machine's network of its own.

    with libvirtd() as server:
        uri = server.uri
        server.virsh("list", "--all")
        server.kill()
        server.start()

It runs as root with Debian's own settings, in a network namespace where taps are made for it, and in a mount namespace
in which libvirt's directories are those of this server. It sees no KVM: its guests run by translation, and whether
/dev/kvm is good for anything makes no difference. Guests and domains go on when libvirtd is stopped or killed, and end
with the server.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import uuid4

from cupola.compute.host.drivers.process import processes

PLACES = {"etc": "/etc/libvirt", "lib": "/var/lib/libvirt", "cache": "/var/cache/libvirt", "log": "/var/log/libvirt"}
PLACES |= {"run": "/run/libvirt"}
START_LIMIT = 30
"""seconds until libvirtd takes connections"""
SETTINGS = 'auth_unix_rw = "none"\nunix_sock_group = "root"\n'

_CLONE_NEWNET = 0x40000000
_ENTER = """
cd "$1"; shift
for each; do mkdir -p "${each#*:}"; mount --bind "${each%%:*}" "${each#*:}"; done
[ ! -e /dev/kvm ] || mount --bind no-kvm /dev/kvm
exec virtlogd --pid-file /run/libvirt/virtlogd.pid
"""


def installed() -> bool:
    """Whether this machine has libvirtd, and its user may make namespaces and guests."""
    return os.geteuid() == 0 and all(map(shutil.which, ("libvirtd", "virtlogd", "virsh", "qemu-system-x86_64")))


@contextlib.contextmanager
def libvirtd() -> Iterator[Libvirtd]:
    """A new server that runs, and ends with the block."""
    with tempfile.TemporaryDirectory(prefix="cupola-libvirtd-") as directory:
        server = Libvirtd(Path(directory))
        try:
            server.start()
            yield server
        finally:
            server.close()


class Libvirtd:
    """A private server; see the module. `namespace` is the name of its network namespace."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.namespace = f"libvirtd-{uuid4().hex[:8]}"
        self.uri = f"qemu:///system?socket={directory}/run/libvirt-sock"
        self._keeper: subprocess.Popen[bytes] | None = None
        self._daemon: subprocess.Popen[bytes] | None = None
        directory.chmod(0o711)  # guests have users of their own
        for name in PLACES:
            (directory / name).mkdir(mode=0o755)
        (directory / "etc" / "libvirtd.conf").write_text(SETTINGS)
        (directory / "etc" / "qemu.conf").touch()
        # a null device: could others open it, libvirt would ask QEMU again and again what it can
        os.mknod(directory / "no-kvm", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
        # as the Debian package makes it: only libvirt's own group may pass
        shutil.copytree("/var/lib/libvirt/qemu", directory / "lib" / "qemu", dirs_exist_ok=True, ignore=_everything)
        facts = Path("/var/lib/libvirt/qemu").stat()
        os.chown(directory / "lib" / "qemu", facts.st_uid, facts.st_gid)

    def start(self) -> None:
        """Start libvirtd, and the first time what keeps its namespaces and its guests' logs."""
        if self._keeper is None:
            subprocess.run(["ip", "netns", "add", self.namespace], check=True)
            subprocess.run(["ip", "-n", self.namespace, "link", "set", "lo", "up"], check=True)
            places = [f"{name}:{place}" for name, place in PLACES.items()]
            enter = ["unshare", "--mount", "--", "sh", "-ec", _ENTER, "sh", str(self.directory), *places]
            self._keeper = self._run(["nsenter", f"--net=/run/netns/{self.namespace}", "--", *enter])
            self._wait("virtlogd-sock", self._keeper)
        enter = ["nsenter", f"--target={self._keeper.pid}", "--net", "--mount", "--"]
        (self.directory / "run" / "libvirt-sock").unlink(missing_ok=True)
        self._daemon = self._run([*enter, "libvirtd", "--pid-file", "/run/libvirt/libvirtd.pid"])
        self._wait("libvirt-sock", self._daemon)

    def stop(self) -> None:
        """Stop libvirtd as `systemctl stop` does."""
        _end(self._daemon, signal.SIGTERM)

    def kill(self) -> None:
        _end(self._daemon, signal.SIGKILL)

    def virsh(self, *words: str) -> str:
        """Run an operator's command; returns what it printed."""
        done = subprocess.run(["virsh", "-q", "-c", self.uri, *words], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"virsh {' '.join(words)}: {done.stderr}"
        return done.stdout

    def inside(self, *words: str) -> str:
        """Run a command in the server's network namespace; returns what it printed."""
        command = ["nsenter", f"--net=/run/netns/{self.namespace}", "--", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Let the calling thread, and the processes it starts, be in the server's network namespace."""
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _enter(f"/run/netns/{self.namespace}")
            yield
        finally:
            _enter(f"/proc/self/fd/{before}")
            os.close(before)

    def close(self) -> None:
        """End it with all its guests."""
        self.stop()
        ours = {file.read_text().strip() for file in (self.directory / "run" / "qemu").glob("*.pid")}
        for process in processes():
            if str(process.pid) in ours:
                process.kill()
        _end(self._keeper, signal.SIGTERM)
        if self._keeper is not None:
            subprocess.run(["ip", "netns", "delete", self.namespace], check=True)

    def _run(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with (self.directory / "output").open("ab") as output:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )

    def _wait(self, name: str, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + START_LIMIT
        while not _listens(self.directory / "run" / name):
            complaint = (self.directory / "output").read_text()[-2000:]
            assert process.poll() is None, f"{name}: its server ended: {complaint}"
            assert time.monotonic() < end, f"{name}: nobody listens after {START_LIMIT} s: {complaint}"
            time.sleep(0.05)


def _enter(path: str) -> None:
    namespace = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(namespace, _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {path}")
    finally:
        os.close(namespace)


def _everything(directory: str, names: list[str]) -> list[str]:
    return names


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
        probe.connect(str(path))
        return True
    return False


def _end(process: subprocess.Popen[bytes] | None, how: signal.Signals) -> None:
    if process is not None and process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
