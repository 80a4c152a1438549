"""Tokens: what goes in comes out, for a while, and nothing else passes."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgpack
import pytest
from cryptography.fernet import Fernet

from cupola.base.auth.fernet import LONGEST, ExpiredToken, FernetTokens, InvalidToken, Payload
from cupola.base.auth.fernet_keys import FixedKeys, KeysUnusable

NOW = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
KEY = Fernet.generate_key()
TOKENS = FernetTokens(FixedKeys([KEY]))
UNSCOPED = Payload(
    user_id="0123456789abcdef0123456789abcdef",
    methods=("password", "totp"),
    audit_ids=("VcxU2JYqT8OzfUVvrjEITQ", "qNUTIJntTzO1-XUk5STybw"),
    issued_at=NOW,
    expires_at=NOW + timedelta(hours=1),
)
IN_PROJECT = replace(UNSCOPED, project_id="f" * 32)


@pytest.mark.parametrize(
    "payload",
    [
        UNSCOPED,
        IN_PROJECT,
        replace(UNSCOPED, domain_id="default"),
        replace(UNSCOPED, system=True),
        replace(UNSCOPED, user_id="0123456789ABCDEF0123456789abcdef", project_id="a-b", audit_ids=()),
        replace(IN_PROJECT, extension={"application_credential_id": "e" * 32, "trust_id": "t"}),
    ],
)
def test_a_token_says_what_it_was_issued_for(payload: Payload) -> None:
    assert TOKENS.verify(TOKENS.issue(payload), NOW) == payload


def test_a_usual_token_is_short_and_fits_into_a_url() -> None:
    token = TOKENS.issue(IN_PROJECT)
    assert len(token) < 260
    assert token.replace("-", "").replace("_", "").isalnum()


def test_a_token_ends_at_its_time() -> None:
    token = TOKENS.issue(IN_PROJECT)
    assert TOKENS.verify(token, IN_PROJECT.expires_at - timedelta(microseconds=1)) == IN_PROJECT
    with pytest.raises(ExpiredToken) as refused:
        TOKENS.verify(token, IN_PROJECT.expires_at)
    assert refused.value.payload == IN_PROJECT


def test_no_altered_character_passes() -> None:
    token = TOKENS.issue(IN_PROJECT)
    for at, character in enumerate(token):
        with pytest.raises(InvalidToken):
            TOKENS.verify(token[:at] + ("A" if character != "A" else "B") + token[at + 1 :], NOW)


def test_no_other_text_stands_for_the_same_token() -> None:
    token = TOKENS.issue(IN_PROJECT)
    for other in (token[:-1], token[:-20], "", "x", token + "A", f"{token[:9]} {token[9:]}", token + "\n", "ü" + token):
        with pytest.raises(InvalidToken):
            TOKENS.verify(other, NOW)


@pytest.mark.parametrize("length", [LONGEST + 1, 1_000_000])
def test_what_is_too_long_is_refused_unread(length: int) -> None:
    with pytest.raises(InvalidToken, match=f"{length} bytes long"):
        TOKENS.verify("A" * length, NOW)


def test_a_token_that_would_be_too_long_is_not_made() -> None:
    with pytest.raises(ValueError, match="1024 is the limit"):
        TOKENS.issue(replace(IN_PROJECT, extension={"application_credential_id": "x" * 800}))


def test_another_clouds_token_is_refused() -> None:
    other = FernetTokens(FixedKeys([Fernet.generate_key()]))
    with pytest.raises(InvalidToken, match="not sealed with a key of ours"):
        TOKENS.verify(other.issue(IN_PROJECT), NOW)


@pytest.mark.parametrize("content", [b"", b"text", msgpack.packb([1, 2, 3]), msgpack.packb([9, *"abcdefgh"]), b"\xc1"])
def test_a_sealed_text_that_is_no_token_of_this_version_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidToken):
        TOKENS.verify(Fernet(KEY).encrypt(content).decode(), NOW)


@pytest.mark.parametrize("scopes", [{"project_id": "p", "domain_id": "d"}, {"project_id": "p", "system": True}])
def test_a_token_has_one_scope_at_most(scopes: Mapping[str, object]) -> None:
    with pytest.raises(ValueError, match="one scope at most"):
        replace(UNSCOPED, **scopes)


@pytest.mark.parametrize("keys", [[], [b"short"], [KEY, b"not base64 at all!"]])
def test_keys_that_are_none_are_refused_without_showing_them(keys: list[bytes]) -> None:
    with pytest.raises(KeysUnusable) as refused:
        FixedKeys(keys)
    assert "short" not in str(refused.value) and "base64 at all" not in str(refused.value)
