"""Bodies and queries: what is read of them, and that nothing a client can send is a 500."""

from __future__ import annotations

import random
import string
from typing import Any

import orjson
import pytest

from cupola.base.http.validation import parse


def said(answer: Any) -> str:
    return str(answer.json["error"]["message"])


def test_a_body_arrives_as_it_was_sent(toy_cloud: Any) -> None:
    toy = {"name": "ä \U0001f600", "size": -(2**63), "extra": {"deep": [1, 0.1, None, True, "\\u0000"]}}
    answer = toy_cloud.ask("POST", "/v1/toys", orjson.dumps(toy))
    assert (answer.status_code, answer.json) == (201, toy)


def test_links_are_as_the_client_wrote_the_address(toy_cloud: Any) -> None:
    answer = toy_cloud.ask("POST", "/v1/toys", b'{"name": "a"}', headers={"Host": "cloud.test:8780"})
    assert answer.headers["location"] == "http://cloud.test:8780/toy/v1/toys/t1"


@pytest.mark.parametrize("length", [1999, 2000])
def test_a_body_may_be_as_long_as_the_limit(toy_cloud: Any, length: int) -> None:
    body = b'{"name": "a"' + b" " * (length - 13) + b"}"
    assert toy_cloud.ask("POST", "/v1/toys", body).status_code == 201


@pytest.mark.parametrize("length", [2001, 10**6])
def test_a_longer_body_is_too_large(toy_cloud: Any, length: int) -> None:
    answer = toy_cloud.ask("POST", "/v1/toys", b'{"name": "a"' + b" " * (length - 13) + b"}")
    assert (answer.status_code, said(answer)) == (413, "Request is too large: more than 2000 bytes.")


@pytest.mark.parametrize("media", ["application/xml", "multipart/form-data", "application/x-www-form-urlencoded", "x"])
def test_another_media_type_is_unsupported(toy_cloud: Any, media: str) -> None:
    answer = toy_cloud.ask("POST", "/v1/toys", b'{"name": "a"}', headers={"Content-Type": media})
    assert answer.status_code == 415
    assert media in said(answer)


@pytest.mark.parametrize("media", ["application/json", "Application/JSON; charset=utf-8", "text/plain", ""])
def test_json_may_be_called_by_several_names(toy_cloud: Any, media: str) -> None:
    assert toy_cloud.ask("POST", "/v1/toys", b'{"name": "a"}', headers={"Content-Type": media}).status_code == 201


@pytest.mark.parametrize(
    ("media", "called", "status"),
    [
        (["application/toys+json"], "application/toys+json", 201),
        (["application/toys+json"], "application/json", 415),
        ([], "anything/at-all", 201),
    ],
)
def test_an_api_says_what_its_json_may_be_called(make_toys: Any, media: list[str], called: str, status: int) -> None:
    answer = make_toys(media=media).ask("POST", "/v1/toys", b'{"name": "a"}', headers={"Content-Type": called})
    assert answer.status_code == status


MALFORMED = {
    "nothing": b"",
    "broken off": b'{"name": "a"',
    "two values": b'{"name": "a"}{}',
    "single quotes": b"{'name': 'a'}",
    "no unicode": b'{"name": "\xff\xfe"}',
    "half a surrogate pair": b'{"name": "\\ud800"}',
    "half a surrogate pair beside a long number": b'{"name": "\\ud800", "size": 12345678901234567890}',
    "not a number": b'{"name": "a", "extra": {"a": NaN, "b": 12345678901234567890}}',
    "infinite": b'{"name": "a", "extra": {"a": 1e999}}',
    "infinite beside a long number": b'{"name": "a", "extra": {"a": 1e999, "b": 12345678901234567890}}',
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"name": "a"}',
    "NUL in a value": b'{"name": "a\\u0000b"}',
    "NUL in a name": b'{"name": "a", "extra": {"x\\u0000": [1]}}',
    "NUL in a list": b'{"name": "a", "extra": {"x": [["\\u0000"]]}}',
    "NUL itself": b'{"name": "a\x00"}',
    "nested too deeply": b'{"name": "a", "extra": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}",
    "not closed": b'{"name": ' + b"[" * 1900,
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_json_or_cannot_be_kept_is_bad_input(toy_cloud: Any, body: bytes) -> None:
    answer = toy_cloud.ask("POST", "/v1/toys", body)
    assert answer.status_code == 400


def test_text_that_looks_like_an_escape_is_only_text(toy_cloud: Any) -> None:
    assert toy_cloud.ask("POST", "/v1/toys", b'{"name": "a\\\\u0000"}').json == {"name": "a\\u0000"}


@pytest.mark.parametrize("size", [2**63, 2**64 - 1, -(2**63)])
def test_a_number_of_64_bits_keeps_its_value(toy_cloud: Any, size: int) -> None:
    assert toy_cloud.ask("POST", "/v1/toys", b'{"name": "a", "size": %d}' % size).json["size"] == size


@pytest.mark.parametrize("size", [2**64, -(2**63) - 1, 10**30, 10**1900])
def test_a_longer_number_never_becomes_another_one(toy_cloud: Any, size: int) -> None:
    """Schemas see its value; what they let pass, no database can hold."""
    assert parse(b'{"size": %d}' % size) == {"size": size}
    assert toy_cloud.ask("POST", "/v1/toys", b'{"name": "a", "size": %d}' % size).status_code == 400


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"name": 5}', "Invalid input for field/attribute name. Value: 5. 5 is not of type 'string'"),
        (b'{"name": "%s"}' % (b"x" * 21), f"Invalid input for field/attribute name. Value: {'x' * 21}. "),
        (b'{"name": "a", "size": 1.5}', "Invalid input for field/attribute size. Value: 1.5. 1.5 is not of type"),
        (b"{}", "'name' is a required property"),
        (b'{"name": "a", "b": 1}', "Additional properties are not allowed ('b' was unexpected)"),
        (b'{"name": "a\\u0000"}', "Invalid input for field/attribute name. The character NUL is not allowed."),
        (b'{"a": {"b": ["\\u0000"]}}', "Invalid input for field/attribute b. The character NUL is not allowed."),
        (b'{"a\\u0000": 1}', "The character NUL is not allowed."),
        (b"[]", "[] is not of type 'object'"),
        (b"null", "None is not of type 'object'"),
    ],
)
def test_an_invalid_field_is_named_with_its_value_and_what_is_wrong(toy_cloud: Any, body: bytes, message: str) -> None:
    answer = toy_cloud.ask("POST", "/v1/toys", body)
    assert answer.status_code == 400
    assert said(answer).startswith(message)


def test_an_invalid_query_is_named(toy_cloud: Any) -> None:
    answer = toy_cloud.ask("GET", "/v1/toys", query_string="limit=many")
    assert answer.status_code == 400
    assert said(answer).startswith("Invalid input for query parameters limit. Value: many.")


def test_a_body_that_nobody_asked_for_is_not_read(toy_cloud: Any) -> None:
    assert toy_cloud.ask("GET", "/v1/toys", b"{" * 5000).status_code == 200


PATHS = ["%00", "a%00b", "%ff%fe", "%C3", "%E2%82", "%", "%zz", "%2F", "..%2f..", "%0d%0aX:1", "a b", "~", "\U0001f600"]


@pytest.mark.parametrize("part", PATHS)
@pytest.mark.parametrize("method", ["GET", "DELETE", "POST"])
def test_no_path_is_a_server_error(toy_cloud: Any, method: str, part: str) -> None:
    answer = toy_cloud.ask(method, f"/v1/toys/{part}", b"{}" if method == "POST" else None)
    assert answer.status_code in (403, 404, 405)
    assert answer.json["error"]["code"] == answer.status_code
    if "%00" in part:
        assert answer.status_code in (404, 405), "no thing has such an id"


@pytest.mark.parametrize(
    "query", ["a=%00", "%00=a", "limit=%00", "a=%ff%fe", "=&&=", "%", "a=%zz", "&" * 500, "a=1;b=2", f"a={'9' * 1001}"]
)
def test_no_query_is_a_server_error(toy_cloud: Any, query: str) -> None:
    answer = toy_cloud.ask("GET", "/v1/toys", query_string=query)
    assert answer.status_code == (400 if "%00" in query or len(query) > 1000 else 200)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Host", "a b"),
        ("Host", "x:y:z"),
        ("Host", "[::1"),
        ("Host", "x:99999999"),
        ("Accept", "\xff"),
        ("Forwarded", "for=;;host=\x01"),
        ("X-Forwarded-Host", "\xff"),
        ("X-Auth-Token", "\xff\xfe"),
        ("X-Auth-Token", "member, member"),
        ("OpenStack-API-Version", "\xff"),
        ("Content-Type", "\xff"),
        ("Transfer-Encoding", "identity"),
    ],
)
def test_no_header_is_a_server_error(toy_cloud: Any, header: str, value: str) -> None:
    for method, path, body in [
        ("GET", "/v1/toys/t1", None),
        ("POST", "/v1/toys", b'{"name": "a"}'),
        ("GET", "/x", None),
    ]:
        assert toy_cloud.ask(method, path, body, headers={header: value}).status_code < 500


def test_random_requests_are_no_server_errors(toy_cloud: Any) -> None:
    """A few hundred, the same ones each time."""
    chance = random.Random(5)
    letters = [*string.printable[:94], "%00", "%ff", "%c3%a4", "ä", "/", "?", "\\u0000", '"', "{", "[", ",", ":"]

    def text(most: int) -> str:
        return "".join(chance.choice(letters) for _ in range(chance.randrange(most)))

    for _ in range(300):
        method = chance.choice(["GET", "POST", "DELETE", "PUT", "HEAD"])
        path = "/v1/" + chance.choice(["toys", "toys/t1", "toys/t1/action", ""]) + chance.choice(["", "/"])
        path += text(6).replace("?", "").replace("#", "")
        body = chance.choice([None, text(30).encode(), b'{"name": "%s"}' % text(10).encode()])
        answer = toy_cloud.ask(method, path, body, query_string=text(10).replace("?", ""))
        assert answer.status_code < 500, (method, path, body)
