"""`cupola status`: what runs here, from the process to the servers."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from cupola.base.http.health import READINESS
from cupola.base.process import lock_holder
from cupola.cli.client import Client, Credentials, NotRunning
from cupola.cli.state import StateLock
from cupola.wiring.settings import Settings, load_settings

READY = "ready"


def status_lines(state_dir: Path, config: Path | None = None) -> Iterator[str]:
    """The lines that tell it; `config`: the settings of a cloud in parts. Raises NotRunning when no cloud answers."""
    pid = StateLock(state_dir).holder()
    if pid is None and config is not None:
        yield f"a cloud in parts, by the settings in {config}"
        yield from _parts(load_settings(config, state_dir, {}))
        if not (state_dir / "clouds.yaml").exists():
            yield f"Hosts and servers are told where an administrator's password is: {state_dir} has no clouds.yaml."
            return
    credentials = Credentials.load(state_dir, "cupola-admin")
    if pid is None and config is None:
        yield f"down: no process runs the cloud in {state_dir} (start it with `cupola up`)"
        return
    root = credentials.auth_url.partition("/identity")[0]
    client = Client(credentials)
    status = client.get("lens", "/v1/status")
    yield f"up: {f'process {pid}' if pid else 'the cloud'} serves {root}, state in {state_dir}"
    if pid is None:
        for service in client.get("compute", "/os-services?binary=nova-conductor")["services"]:
            state = "up" if service["state"] == "up" else f"silent since {service['updated_at']}"
            yield f"conductor on {service['host']}: {state}"
    for host in status["hosts"]:
        state = "up" if host["alive"] else f"silent since {host['seen_at']}"
        yield f"host {host['name']}: {state}; {hypervisor(host)}"
    servers = client.get("compute", "/servers/detail?all_tenants=1")["servers"]
    counts: dict[str, int] = {}
    for server in servers:
        counts[server["status"]] = counts.get(server["status"], 0) + 1
    listed = ", ".join(f"{number} {state}" for state, number in sorted(counts.items())) or "none"
    yield f"servers: {listed}"
    yield f"operations under way: {status['operations']}; messages on their way: {status['messages']}"


def hypervisor(host: Mapping[str, Any]) -> str:
    """What a host said that its servers run on, and why on that."""
    facts = host["facts"].get("server")
    return f"{facts['type']} {facts['version']} ({facts['accelerator']}: {facts['why']})" if facts else "no hypervisor"


def _parts(settings: Settings) -> Iterator[str]:
    """What the parts that can be asked without a password say. Raises NotRunning when none of the APIs is ready."""
    said = {url: _readiness(url, settings.agent.ca_file) for url in settings.control_urls}
    for url, state in said.items():
        yield f"APIs at {url}: {state}"
    if bind := settings.observe.bind:
        yield f"the part that listens at {bind}: {_readiness(f'http://{bind}', None)}"
    lock = settings.state_dir / "agent" / "lock"
    if lock.exists():
        pid = lock_holder(lock)
        yield f"agent of {settings.state_dir}: {f'process {pid}' if pid else 'does not run'}"
    if READY not in said.values():
        raise NotRunning("None of the APIs is ready. `cupola check` looks at what they need.")


def _readiness(url: str, ca_file: Path | None) -> str:
    """What a process says of itself and what it needs, in a few words."""
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None) if "https:" in url else None
        with urllib.request.urlopen(url + READINESS, timeout=10, context=context):  # noqa: S310 - the cloud's own URL
            return READY
    except urllib.error.HTTPError as error:
        return f"not ready: {_lacking(error.read()) or f'it answers {error.code}'}"
    except urllib.error.URLError as error:
        return f"no answer: {error.reason}"
    except OSError as error:
        return f"no answer: {error}"


def _lacking(text: bytes) -> str:
    """The parts that an answer to READINESS names as missing; nothing when it is another's answer."""
    try:
        parts = orjson.loads(text)["parts"]
        return ", ".join(f"{name}: {state}" for name, state in parts.items() if state != "ok")
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""
