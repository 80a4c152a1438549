"""What clients should not send: values, bodies, paths and queries, derived from good requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.matrix.world import Call

from cupola.base.http.microversions import newest, version
from cupola.image.api.schemas.image import PROPERTIES
from cupola.network.api import floating_ips, networks, ports, routers, security_group_rules, security_groups, subnets
from cupola.network.api.attributes import Attributes

Place = tuple[str | int, ...]
"""Where in a body: keys and positions."""

ALWAYS: tuple[Any, ...] = (
    None, True, -1, 2**63, 10**40, "", "x" * 70_000, "9" * 5_000, "a\x00b", [], {}, [{}], {"x": {"y": []}},
)  # fmt: skip
"""Values that are tried at every place."""

VALUES: tuple[Any, ...] = (
    *ALWAYS, False, 0, 1.5, 2**31, 2**64, -(2**63) - 1, 1e300, " ", "x", "0", "-1", "9" * 25, "x" * 256, "a\nb",
    "a\x7fb", "😀", "é" * 255, "٣", "²", "null", "not-a-uuid", "99999999-9999-4999-8999-999999999999",
    "../../etc/passwd", "192.0.2.300", "::1%eth0", "0.0.0.0/0", "255.255.255.255", "9999-12-31T23:59:59+00:01",
    "%s%n{0}", "' OR 1=1 --", "a,b/c", "<b>&amp;", [None], [[]], ["x"], [1], ["x"] * 300, {"x": "y"}, {"": None},
    {"id": "x"}, {"a\x00b": "c"},
)  # fmt: skip
DEEP: Any = "deep"
for _ in range(60):
    DEEP = [{"x": DEEP}]

RAW: Mapping[str, bytes] = {
    "empty": b"",
    "not JSON": b"{",
    "a list of nothing": b"[null]",
    "null": b"null",
    "a number": b"1",
    "a string": b'"x"',
    "an object of nothing": b'{"": null}',
    "invalid UTF-8": b'{"a": "\xff\xfe"}',
    "UTF-16": '{"a": "b"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"a": "b"}',
    "too deep": b"[" * 50_000 + b"]" * 50_000,
    "too deep with a long number": b'{"a":' * 9_000 + b"12345678901234567890" + b"}" * 9_000,
    "not a number": b'{"a": NaN, "b": 12345678901234567890}',
    "infinite": b'{"a": 1e999, "b": 12345678901234567890}',
    "a number of many digits": b'{"a": ' + b"9" * 9_000 + b"}",
    "half a character": b'{"a": "\\ud800", "b": 12345678901234567890}',
    "too large": b'{"a": "' + b"x" * 200_000 + b'"}',
    "NUL in a name": b'{"a\\u0000b": "c"}',
    "twice the same key": b'{"a": 1, "a": 2}',
}
"""What no route takes."""

HEADERS: Mapping[str, tuple[str, ...]] = {
    "Range": ("bytes=-1-0", "bytes=9-1", "bytes=" + "9" * 5_000 + "-", "bytes=0-1,3-4", "bytes=-", "lines=1-2", "\xff"),
    "Content-Range": ("bytes 9-1/2", "bytes 0-1/*", "bytes 0-" + "9" * 5_000 + "/*", "bytes */*", "0-1", "\xff"),
    "X-OpenStack-Image-Size": ("-1", "x", "9" * 30, "9" * 5_000, "\xb2", ""),
    "X-Image-Meta-Store": ("nowhere", ""),
    "Content-Type": ("x", "application/xml", "application/json; charset=nothing", "\xff", ""),
    "Accept": ("x", "text/nothing;q=high", "\xff", ""),
    "X-OpenStack-Request-ID": ("x", "req-" + "9" * 300),
    "X-Subject-Token": ("x", "x" * 9_000, "gAAAAA", "\xff"),
    "OpenStack-API-Version": (
        "compute 2",
        "compute 2.9999999999",
        "placement latest, compute x",
        "9" * 5_000,
        "\xb2.1",
    ),
}

IDS = (
    "x", "0", "-1", "\0", "a\nb", "😀", "é", "x" * 300, "9" * 30, "9" * 5_000, "1.5", "a,b", " ", "..;", "٣",
    "²", "1e3", "+1", "%", "*", "99999999-9999-4999-8999-999999999999", "' OR 1=1", "{id}", "null",
)  # fmt: skip

QUERY = (
    "", "-1", "0", "1", "99999999999999999999", "9" * 5_000, "1.5", "abc", "%00", "a%00b", "%FF%FE",
    "%F0%9F%98%80", "x" * 3_000, "%5B", "*", "%28", "in:", "in:%22", "eq:", "gt:", "__", "%25", "2026-13-45",
    "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "nan", "1e400", "%D9%A3", "%C2%B2", "%27%3B--",
    "true", "desc", "id", "asc,desc", "name:sideways", "uuid", "%D8%00", "a&a", "x=y",
)  # fmt: skip
NAMES = (
    "limit marker sort sort_key sort_dir page_reverse fields name id status created_at updated_at "
    "changes-since changes-before changes_since ip ip6 image flavor host all_tenants deleted tags "
    "not-tags tags-any project_id tenant_id user_id owner visibility member_status size_min protected "
    "os_hidden tag enabled domain_id name__contains parent_id scope.project.id role.id effective "
    "include_names since nocatalog fixed_ips security_groups start end detailed reservation_id uuid "
    "is_public minDisk minRam resources required in_tree member_of resources1 group_policy associated "
    "nowhere "
).split()

_ATTRIBUTES: Mapping[str, Attributes] = {
    "networks": networks.ATTRIBUTES,
    "subnets": subnets.ATTRIBUTES,
    "ports": ports.ATTRIBUTES,
    "security-groups": security_groups.ATTRIBUTES,
    "security-group-rules": security_group_rules.ATTRIBUTES,
    "routers": routers.ATTRIBUTES,
    "floatingips": floating_ips.ATTRIBUTES,
}


def places(call: Call, body: Any) -> list[Place]:
    """Every place in a good body where something else could be, and every one that its schema knows besides."""
    at = version(call.version) if call.version else None
    found = dict.fromkeys((*_inside(body), *_known(newest(call.route.body, at))))
    if call.route.path == "/v2/images":
        found |= dict.fromkeys((name,) for name in PROPERTIES)
    if call.api.service == "network" and (attributes := _ATTRIBUTES.get(call.route.path.split("/")[2])):
        found |= dict.fromkeys(
            (name, each.name) for name in body if isinstance(body[name], dict) for each in attributes.declared
        )
    return list(found)


def _inside(value: Any, at: Place = ()) -> Iterator[Place]:
    yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from _inside(each, (*at, key))


def _known(schema: Mapping[str, Any], at: Place = ()) -> Iterator[Place]:
    for name, inner in schema.get("properties", {}).items():
        yield (*at, name)
        yield from _known(inner, (*at, name))
    if isinstance(items := schema.get("items"), dict):
        yield from _known(items, (*at, 0))


def get(body: Any, place: Place) -> Any:
    """What a body has at a place; None for nothing."""
    for key in place:
        inside = isinstance(body, dict) and key in body
        at = isinstance(body, list) and isinstance(key, int) and key < len(body)
        body = body[key] if inside or at else None
    return body


def put(body: Any, place: Place, value: Any) -> Any:
    """The body with another value at a place; what is missing on the way there is made."""
    if not place:
        return value
    key, rest = place[0], place[1:]
    if isinstance(key, int):
        given = list(body) if isinstance(body, list) and body else [None]
        given[min(key, len(given) - 1)] = put(given[min(key, len(given) - 1)], rest, value)
        return given
    known = body if isinstance(body, dict) else {}
    return {**known, key: put(known.get(key), rest, value)}


def without(body: Any, place: Place) -> Any:
    """The body with nothing at a place."""
    key, rest = place[0], place[1:]
    if isinstance(body, dict) and key in body:
        kept = {name: each for name, each in body.items() if name != key}
        return {**kept, key: without(body[key], rest)} if rest else kept
    if isinstance(body, list) and isinstance(key, int) and key < len(body):
        return [*body[:key], *([without(body[key], rest)] if rest else []), *body[key + 1 :]]
    return body
