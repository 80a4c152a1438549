"""Carries out changes, one tool after the other, and records each as an effect.

Neighbouring changes of one tool in one namespace go in one batch (`ip`, `bridge`) or one transaction (`nft`).
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path

from cupola.base.effects import Effect
from cupola.network.host.changes import Change
from cupola.network.host.drivers.linux import announce, dnsmasq
from cupola.network.host.drivers.linux.namespaces import inside, run
from cupola.network.host.drivers.linux.nft import RuleSets
from cupola.network.host.errors import HostError
from cupola.network.host.settings import MACHINE

_FAILED_LINE = re.compile(r"Command failed -:(\d+)")
_ALREADY = ("Cannot find device", "No such process")
"""What `ip` says of a removal that has nothing left to remove."""


def carry_out(changes: Iterable[Change], rulesets: RuleSets) -> list[Effect]:
    """Do all `changes` in order; raises HostError at the first batch that fails, with all effects until then."""
    effects: list[Effect] = []
    for (tool, namespace), group in groupby(changes, key=lambda each: (each.tool, each.namespace)):
        batch = list(group)
        start = time.monotonic()
        match tool:
            case "ip" | "bridge":
                results = _ip_batch(namespace, batch)
            case "nft":
                results = _nft_transaction(namespace, batch, rulesets)
            case _:
                results = [_alone(each) for each in batch]
        share = (time.monotonic() - start) / len(batch)
        effects += [
            Effect(change.what, change.call, result, share) for change, result in zip(batch, results, strict=True)
        ]
        if failed := [each for each in effects if each.result != "ok"]:
            raise HostError(f"{failed[0].what}: {failed[0].call}: {failed[0].result}", effects)
    return effects


def _ip_batch(namespace: str, batch: Sequence[Change]) -> list[str]:
    """Results of the lines of one `ip -batch`; after a failed line the next ones are still tried."""
    tool = batch[0].tool
    where = ["-n", namespace] if namespace else []
    done = run(MACHINE, [tool, *where, "-force", "-batch", "-"], "".join(f"{_quoted(each.args)}\n" for each in batch))
    results, complaint = ["ok"] * len(batch), ""
    for line in done.stderr.splitlines():
        if failed := _FAILED_LINE.match(line):
            number = int(failed[1]) - 1
            gone = "del" in batch[number].args and any(each in complaint for each in _ALREADY)
            results[number] = "ok" if gone else complaint.strip() or "failed"
            complaint = ""
        else:
            complaint += f"{line} "
    if done.returncode != 0 and complaint and all(each == "ok" for each in results):
        results[0] = complaint.strip()
    return results


def _quoted(args: Iterable[str]) -> str:
    return " ".join(f'"{each}"' if " " in each else each for each in args)


def _nft_transaction(namespace: str, batch: Sequence[Change], rulesets: RuleSets) -> list[str]:
    loaded = [each.table for each in batch if each.table and each.args == ("load",)]
    deleted = [each.table.key for each in batch if each.table and each.args == ("delete",)]
    try:
        rulesets.load(namespace, "".join(each.text for each in batch), loaded, deleted)
    except OSError as error:
        return [str(error)] * len(batch)
    return ["ok"] * len(batch)


def _alone(change: Change) -> str:
    try:
        _TOOLS[change.tool](change)
    except OSError as error:
        return str(error)
    return "ok"


def _netns(change: Change) -> None:
    done = run(MACHINE, ["ip", "netns", *change.args])
    if done.returncode != 0:
        raise OSError(done.stderr.strip())


def _sysctl(change: Change) -> None:
    path, value = change.args
    inside(change.namespace, lambda: Path("/proc/sys", path).write_text(value))


def _file(change: Change) -> None:
    """Replace the file as a whole: a reader (dnsmasq, which is not root) sees the old or the new."""
    path = Path(change.args[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(change.text)
    fresh.chmod(0o644)
    fresh.replace(path)


def _conntrack(change: Change) -> None:
    done = run(change.namespace, ["conntrack", *change.args])
    if done.returncode != 0 and "0 flow entries" not in done.stderr:
        raise OSError(done.stderr.strip())


_TOOLS: dict[str, Callable[[Change], None]] = {
    "netns": _netns,
    "sysctl": _sysctl,
    "file": _file,
    "remove": lambda change: shutil.rmtree(change.args[0], ignore_errors=True),
    "dnsmasq": lambda change: dnsmasq.start(change.namespace, change.args[0]),
    "signal": lambda change: dnsmasq.send(change.args[0], int(change.args[1])),
    "forget": lambda change: dnsmasq.forget(Path(change.args[0]), change.args[1], change.args[2]),
    "conntrack": _conntrack,
    "announce": lambda change: announce.announce(change.namespace, change.args[0], change.args[1]),
}
