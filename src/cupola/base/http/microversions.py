"""Microversions: negotiated by header, carried by the request, and a key of schemas and views.

The rules are those of the API-SIG's microversion specification: no header means the minimum, `latest` the maximum, a
malformed version is 400 and an unsupported one 406.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from cupola.base.errors import BadInput, NotAcceptable

T = TypeVar("T")
Version = tuple[int, int]
_FORM = re.compile(r"([1-9]\d{0,8})\.([1-9]\d{0,8}|0)", re.ASCII)


def version(text: str) -> Version:
    """`"2.96"` → `(2, 96)`. Raises ValueError for anything else."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return int(match[1]), int(match[2])


def text(of: Version) -> str:
    return f"{of[0]}.{of[1]}"


@dataclass(frozen=True)
class Microversions:
    """What a service offers: its type in the header, the range, and the header of older clients, if any."""

    service_type: str
    minimum: Version
    maximum: Version
    legacy_header: str | None = None

    def negotiate(self, headers: Mapping[str, str]) -> Version:
        """The version a request asks for. Raises BadInput (malformed) or NotAcceptable (not in the range)."""
        asked = self._asked(headers)
        if asked is None:
            return self.minimum
        if asked == "latest":
            return self.maximum
        try:
            wanted = version(asked)
        except ValueError as error:
            raise BadInput(
                f"API Version String {asked} is of invalid format. Must be of format MajorNum.MinorNum."
            ) from error
        if not self.minimum <= wanted <= self.maximum:
            refusal = NotAcceptable(
                f"Version {asked} is not supported by the API. Minimum is {text(self.minimum)} and maximum is "
                f"{text(self.maximum)}."
            )
            refusal.headers = self.headers(wanted)
            raise refusal
        return wanted

    def _asked(self, headers: Mapping[str, str]) -> str | None:
        for part in reversed(headers.get("OPENSTACK-API-VERSION", "").split(",")):  # the last one counts
            words = part.split()
            if len(words) == 2 and words[0].lower() == self.service_type:
                return words[1]
        if self.legacy_header is not None:
            return headers.get(self.legacy_header.upper(), "").strip() or None
        return None

    def headers(self, negotiated: Version) -> dict[str, str]:
        """What the answer says of the version it has."""
        names = {"OpenStack-API-Version": f"{self.service_type} {text(negotiated)}"}
        if self.legacy_header is not None:
            names[self.legacy_header] = text(negotiated)
        return names | {"Vary": ", ".join(names)}


def newest(choices: Mapping[str, T], at: Version | None) -> T:
    """The choice in force at a version: of a mapping from the version that introduced it, the last not after `at`."""
    candidates = [(version(key), choice) for key, choice in choices.items()]
    in_force = [pair for pair in candidates if at is None or pair[0] <= at]
    return max(in_force or candidates[:1], key=lambda pair: pair[0])[1]
