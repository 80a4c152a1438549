#!/usr/bin/python3
"""Stands in for systemctl in a clean root without systemd: starts what units say, by hand.

A unit of Cupola is started by its own ExecStart=, Environment= and User=, and has to say READY=1 on NOTIFY_SOCKET as
Type=notify promises. Debian's own services are started by their init scripts.
"""

import configparser
import os
import pwd
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

UNITS = [Path("/etc/systemd/system"), Path("/usr/lib/systemd/system")]
RUN = Path("/run/stand-in")
READY_WITHIN = 90


def main(words):
    RUN.mkdir(exist_ok=True)
    verb, names = words[0], [word for word in words[1:] if not word.startswith("-")]
    now = verb != "enable" or "--now" in words
    for name in names:
        unit = name.partition(".")[0]
        if (
            verb in ("enable", "start", "restart", "reload-or-restart", "try-restart", "stop", "disable", "reload")
            and now
        ):
            act(verb, unit, name)


def act(verb, unit, name):
    if name.endswith((".target", ".slice")) or unit.startswith("systemd-"):
        return
    if not unit.startswith("cupola"):
        verb = {"enable": "start", "disable": "stop", "reload-or-restart": "restart"}.get(verb, verb)
        subprocess.run([f"/etc/init.d/{unit}", verb], check=True)
        return
    running = pid_of(unit)
    if verb == "reload":
        os.kill(running, signal.SIGHUP)
        return
    if verb == "try-restart" and running is None:
        return
    if verb in ("restart", "reload-or-restart", "try-restart", "stop", "disable") and running is not None:
        stop(running)
        running = None
    if verb not in ("stop", "disable") and running is None:
        start(unit)


def pid_of(unit):
    file = RUN / f"{unit}.pid"
    if not file.exists():
        return None
    pid = int(file.read_text())
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return None
    return None if state == "Z" else pid


def stop(pid):
    os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + 90
    while Path(f"/proc/{pid}").exists() and Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        if time.monotonic() > end:
            sys.exit(f"{pid} did not end within 90 s of SIGTERM")
        time.sleep(0.1)


def start(unit):
    file = next(directory / f"{unit}.service" for directory in UNITS if (directory / f"{unit}.service").exists())
    settings = configparser.RawConfigParser(strict=False, interpolation=None, delimiters="=", comment_prefixes="#")
    settings.optionxform = str
    settings.read(file)
    service = settings["Service"]
    for condition in [value for key, value in settings["Unit"].items() if key == "ConditionPathExists"]:
        if not Path(condition).exists():
            return
    environment = dict(word.split("=", 1) for word in shlex.split(service.get("Environment", "")))
    path = f"/run/stand-in/{unit}.notify"
    Path(path).unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(path)
        Path(path).chmod(0o666)
        log = os.open(f"/var/log/{unit}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        user = service.get("User")
        entry = pwd.getpwnam(user) if user else None

        def become():
            os.umask(int(service.get("UMask", "0022"), 8))
            if entry:
                os.initgroups(entry.pw_name, entry.pw_gid)
                os.setgid(entry.pw_gid)
                os.setuid(entry.pw_uid)

        process = subprocess.Popen(
            shlex.split(service["ExecStart"]),
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "NOTIFY_SOCKET": path, **environment},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=become,
        )
        (RUN / f"{unit}.pid").write_text(str(process.pid))
        notify.settimeout(1)
        end = time.monotonic() + READY_WITHIN
        while time.monotonic() < end and process.poll() is None:
            try:
                if b"READY=1" in notify.recv(4096):
                    return
            except TimeoutError:
                continue
    sys.exit(f"{unit} was not ready: {Path(f'/var/log/{unit}.log').read_text()[-3000:]}")


main(sys.argv[1:])
