"""Clocks: tokens, deadlines and "is this host alive" compare times of several machines."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from cupola.install.checks.finding import Finding, Situation

TOLERATED = 2.0
"""seconds"""


def skew(whose: str, there: float, before: float, after: float, resolution: float = 0.0) -> Iterator[Finding]:
    """What is wrong with a clock that showed `there` at some time between `before` and `after` of ours."""
    ahead = there - after if there > after else min(0.0, there + resolution - before)
    if abs(ahead) > TOLERATED:
        yield Finding(
            f"the clock of {whose} is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} this machine's",
            "Tokens would be refused, hosts taken for silent, deadlines missed.",
            "On both: timedatectl set-ntp true, or: apt install chrony && chronyc makestep",
        )


def control_plane(situation: Situation) -> Iterator[Finding]:
    """The APIs are reached by a host, and their clock is ours. Before it is installed nobody has said where."""
    if situation.settings.agent.control_url is None and situation.machine.text(situation.config) is None:
        return
    problems = []
    for url in situation.settings.control_urls:
        before = situation.machine.now()
        try:
            there = _date(url, situation)
        except (OSError, ValueError) as error:
            problems.append(f"{url}: {getattr(error, 'reason', error)}")
            continue
        if there is not None:
            yield from skew(f"the control plane ({url})", there, before, situation.machine.now(), resolution=1.0)
    if problems and len(problems) == len(situation.settings.control_urls):
        yield Finding(
            f"the control plane does not answer at {'; '.join(problems)}",
            "The agent fetches from there what it is to run.",
            f"Start the controller first; its URL is [agent] control_url in {situation.config}",
        )


def _date(url: str, situation: Situation) -> float | None:
    """What the server's clock showed when it answered, to the second below."""
    import ssl

    ca = situation.settings.agent.ca_file
    context = ssl.create_default_context(cafile=str(ca) if ca else None) if url.startswith("https") else None
    request = urllib.request.Request(f"{url}/healthcheck", method="GET")  # noqa: S310 - the operator's own URL
    try:
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:  # noqa: S310
            said = answer.headers.get("Date")
    except urllib.error.HTTPError as error:  # it answers, whatever
        said = error.headers.get("Date")
    return parsedate_to_datetime(said).timestamp() if said else None
