"""What must hold before anything of an installation is done: each says what is in the way, and what helps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from cupola.install.apache import ApacheSite
from cupola.install.checks.ports import Place, in_the_way
from cupola.install.machine import Machine
from cupola.install.texts import Answers
from cupola.wiring.started import FILE as STARTED


def another_cloud(state: Path) -> Iterator[str]:
    """A cloud of `cupola up`: what it made there is not for the users of an installed one, and can be purged."""
    if (state / STARTED).exists():
        yield (
            f"{state} is the directory of a cloud that `cupola up` (or make up) started. End it with "
            "`cupola down --purge`, which deletes its servers, and install then"
        )


def misled(answers: Answers, public_url: str, listens: int, apache: bool) -> Iterator[str]:
    """Why who follows the URL would not come to what listens here."""
    url = urlsplit(public_url)
    if answers.certificate and not apache:
        yield "--certificate is for Apache, and cupola-api.service speaks plain HTTP: leave out one of the two"
    elif not answers.behind_proxy:
        port = url.port or {"http": 80, "https": 443}.get(url.scheme)
        if port != listens:
            yield (
                f"--public-url leads to port {port}, and the APIs listen on {listens}: write "
                f"{url.scheme}://{url.netloc.rpartition('@')[2].removesuffix(f':{url.port}')}:{listens}, "
                "or add --behind-proxy if something on that port hands requests on"
            )
        elif (url.scheme == "https") != (answers.certificate is not None):
            yield (
                "--public-url and --certificate do not fit: the APIs speak https with a certificate, and http "
                "without one; add --behind-proxy if something in front of them does what the URL says"
            )


def hidden(prefix: Path, user: str) -> Iterator[str]:
    """Why the user cupola could not run a program there: the modes on the way, and ProtectHome= of the units."""
    program = prefix.resolve()
    closed = [each for each in (program, *program.parents) if not each.stat().st_mode & 0o001]
    if closed or program.parts[1:2] in (("root",), ("home",)):
        yield (
            f"{program} cannot be reached by the user {user}, as whom APIs and conductor run"
            f"{f' ({closed[-1]} is closed)' if closed else ''}: install Cupola elsewhere, in /opt for example"
        )


def ports_taken(machine: Machine, site: ApacheSite) -> Iterator[str]:
    """What would keep Apache from its new ports, and so end it with all that it serves."""
    for finding in in_the_way(machine, [Place(port, site.bind) for port in (site.port, *site.ports.values())]):
        yield f"{finding.what}. {finding.why} {finding.remedy}"
