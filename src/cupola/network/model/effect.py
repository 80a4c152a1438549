"""What was done to a host, as one record per call, so that every touch can be shown and repeated by hand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effect:
    """One call that a host made, and how it ended."""

    what: str
    """Why, in words: "tap tap3fa85f64-57 is missing"."""
    call: str
    """The call as an operator would type it."""
    result: str
    """"ok", or the error as the tool said it."""
    seconds: float
    """Time it took; calls of one batch share the time of the batch evenly."""
