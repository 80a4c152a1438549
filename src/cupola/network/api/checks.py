"""Checks of attributes' values: each gives the value as it is kept, or raises `Wrong` with the reason.

The reasons are worded as clients of this API know them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any

from cupola.base.ids import is_uuid
from cupola.network.errors import InvalidInput, SecurityGroupRuleInvalidProtocol
from cupola.network.model.protocols import NUMBERS

Check = Callable[[Any], Any]

_MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")
_BYTE = re.compile("[0-9]{1,3}")
_TRUE, _FALSE = ("true", "1"), ("false", "0")


MOST = 100
"""items of a list that has no bound of its own"""


class Wrong(Exception):
    """A value is not what its attribute takes; the text is the reason."""


def anything(value: Any) -> Any:
    return value


def text(most: int = 255) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise Wrong(f"'{value}' is not a valid string")
        if len(value) > most:
            raise Wrong(f"'{value}' exceeds maximum length of {most}")
        return value

    return check


def words(most: int = 255) -> Check:
    """Text that is not blank."""

    def check(value: Any) -> str:
        found: str = text(most)(value)
        if not found.strip():
            raise Wrong(f"'{value}' Blank strings are not permitted")
        return found

    return check


def boolean(value: Any) -> bool:
    """Raises InvalidInput: a value of another kind is an error of its own in this API."""
    if isinstance(value, bool):
        return value
    lowered = str(value).lower()
    if lowered in _TRUE:
        return True
    if lowered in _FALSE:
        return False
    raise InvalidInput(f"'{value}' cannot be converted to boolean")


def integer(value: Any) -> int:
    """As a number or as text, however large."""
    try:
        found = int(value)
    except (TypeError, ValueError, OverflowError):
        raise Wrong(f"'{value}' is not an integer") from None
    if isinstance(value, (bool, float)):
        raise Wrong(f"'{value}' is not an integer")
    return found


def number(least: int | None = None, most: int = 2**31 - 1) -> Check:
    """An integer, as a number or as text; at most what a column holds."""

    def check(value: Any) -> int:
        found = integer(value)
        if least is not None and found < least:
            cause = "should be non-negative" if least == 0 else f"is too small - must be at least '{least}'"
            raise Wrong(f"'{value}' {cause}")
        if found > most:
            raise Wrong(f"'{value}' is too large - must be no larger than '{most}'")
        return found

    return check


def moment(value: Any) -> datetime:
    """A time; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Wrong(f"'{value}' is not a time") from None


def uuid(value: Any) -> str:
    if not isinstance(value, str) or not is_uuid(value):
        raise Wrong(f"'{value}' is not a valid UUID")
    return value


def one_of(*choices: Any) -> Check:
    def check(value: Any) -> Any:
        if value not in choices or isinstance(value, bool):
            raise Wrong(f"{value} is not in valid_values")
        return value

    return check


def integer_of(*choices: int) -> Check:
    """One of these numbers, as a number or as text."""
    return lambda value: one_of(*choices)(number()(value))


def optional(check: Check) -> Check:
    """Null, or what `check` takes."""
    return lambda value: None if value is None else check(value)


def address(value: Any) -> str:
    try:
        found = ip_address(value)
    except ValueError:
        raise Wrong(f"'{value}' is not a valid IP address") from None
    if not isinstance(value, str) or "%" in value:
        raise Wrong(f"'{value}' is not a valid IP address")
    return str(found)


def block(value: Any) -> str:
    """An address block, or one address."""
    if not isinstance(value, str):
        raise Wrong(f"'{value}' is not a valid IP subnet")
    try:
        found = ip_network(value, strict=False)
    except ValueError:
        raise Wrong(f"'{value}' is not a valid IP subnet") from None
    if "%" in value:
        raise Wrong(f"'{value}' is not a valid IP subnet")
    return str(found)


def prefix(value: Any) -> str:
    """An address block, or one address; kept as it was written, with a prefix."""
    if isinstance(value, str) and "/" in value:
        block(value)
        return value
    found = address(value)
    return f"{found}/{ip_network(found).prefixlen}"


def mac(value: Any) -> str:
    lowered = value.lower().replace("-", ":") if isinstance(value, str) else ""
    if not _MAC.fullmatch(lowered):
        raise Wrong(f"'{value}' is not a valid MAC address")
    if int(lowered[:2], 16) & 1:
        raise Wrong(f"'{value}' is a multicast MAC address")
    return lowered


def protocol(value: Any) -> str | None:
    """A protocol's name or number, as text; None is any."""
    if value is None or str(value).lower() in ("", "any"):
        return None
    lowered = str(value).lower()
    if isinstance(value, bool) or not (lowered in NUMBERS or (_BYTE.fullmatch(lowered) and int(lowered) < 256)):
        raise SecurityGroupRuleInvalidProtocol(value)
    return lowered


def each(check: Check, distinct: bool = True, most: int = MOST) -> Check:
    """A list of values, or of objects of values."""

    def check_all(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise Wrong(f"'{value}' is not a list")
        if len(value) > most:
            raise Wrong(f"The list has {len(value)} items; the most are {most}")
        found = [check(item) for item in value]
        different = {tuple(sorted(item.items())) if isinstance(item, dict) else item for item in found}
        if distinct and len(different) < len(found):
            raise Wrong(f"Duplicate items in the list: '{', '.join(map(str, value))}'")
        return found

    return check_all


def none_or_more(check: Check, most: int = MOST) -> Check:
    """A list; null is an empty one."""
    every = each(check, most=most)
    return lambda value: [] if value is None else every(value)


def mapping(required: Mapping[str, Check], more: Mapping[str, Check] | None = None) -> Check:
    """An object with these keys."""
    known = {**required, **(more or {})}

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Wrong(f"'{value}' is not a dictionary")
        if unexpected := sorted(set(value) - set(known)):
            raise Wrong(f"Unexpected keys supplied: {', '.join(unexpected)}")
        if missing := sorted(set(required) - set(value)):
            raise Wrong(f"Validation of dictionary's keys failed. Expected keys: {set(required)} Missing: {missing}")
        return {name: known[name](item) for name, item in value.items()}

    return check


def tag(value: Any) -> str:
    found: str = words(255)(value)
    if "/" in found or "," in found:
        raise Wrong(f"'{value}' is not a valid tag")
    return found
