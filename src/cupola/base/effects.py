"""Effects: what was done to a host, exactly, for traces."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Effect:
    """One thing done to a host.

    `what` is a short noun phrase ("guest started"), `call` the command line or function call, `result` its exit status
    or answer, `seconds` how long it took.
    """

    what: str
    call: str
    result: str
    seconds: float
