"""Tokens: who somebody is and for what scope, sealed so that only the holder of a key can make or read one.

A token is its own proof: nothing is stored, so nothing is looked up to check it. Whether it was revoked meanwhile is
asked elsewhere, by its audit ids. Roles are not in it: they are those the user has when the token is used.
"""

import base64
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgpack
from cryptography import fernet

from cupola.base.auth.fernet_keys import Keys

LONGEST = 1024
"""Bytes of a token at most: it travels in a header of every request."""

_VERSION = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class InvalidToken(Exception):
    """Not a token of ours: altered, cut, too long, or sealed with a key we do not have (any more)."""


class ExpiredToken(InvalidToken):
    """A token of ours whose time is over; `payload` serves callers who may still accept it for a while."""

    def __init__(self, payload: "Payload") -> None:
        super().__init__(f"expired at {payload.expires_at.isoformat()}")
        self.payload = payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What a token says. At most one of project, domain and system is its scope; none: it is unscoped.

    Times are aware and of microseconds. `methods` is how the user proved who they are ("password", "token", …).
    `audit_ids` are the token's own and, if it was made from another token, that of the first in the chain.
    `extension` holds what only some tokens have, such as application_credential_id or trust_id.
    """

    user_id: str
    methods: tuple[str, ...]
    audit_ids: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    project_id: str | None = None
    domain_id: str | None = None
    system: bool = False
    extension: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.project_id is not None) + (self.domain_id is not None) + self.system > 1:
            raise ValueError("a token has one scope at most")


class FernetTokens:
    """Makes and checks tokens."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def issue(self, payload: Payload) -> str:
        """A token that says this. Raises ValueError if it would be longer than LONGEST, KeysUnusable."""
        sealed = self._keys.current().encrypt_at_time(_pack(payload), int(payload.issued_at.timestamp()))
        token = sealed.rstrip(b"=").decode()
        if len(token) > LONGEST:
            raise ValueError(f"the token would be {len(token)} bytes long; {LONGEST} is the limit")
        return token

    def verify(self, token: str, now: datetime) -> Payload:
        """What the token says. Raises InvalidToken, ExpiredToken, KeysUnusable."""
        payload = _unpack(self._open(_canonical(token)))
        if payload.expires_at <= now:
            raise ExpiredToken(payload)
        return payload

    def _open(self, sealed: bytes) -> bytes:
        try:
            return self._keys.current().decrypt(sealed)
        except fernet.InvalidToken:
            pass
        # Perhaps it was sealed with a key that arrived this very moment.
        if self._keys.changed():
            try:
                return self._keys.current().decrypt(sealed)
            except fernet.InvalidToken:
                pass
        raise InvalidToken("not sealed with a key of ours")


def _canonical(token: str) -> bytes:
    """The token with its padding. Only one text stands for a token: base64 alone would skip what it cannot read."""
    bare = token.rstrip("=")
    if not 0 < len(bare) <= LONGEST:
        raise InvalidToken(f"{len(bare)} bytes long")
    try:
        padded = (bare + "=" * (-len(bare) % 4)).encode("ascii")
        same = base64.urlsafe_b64encode(base64.urlsafe_b64decode(padded)) == padded
    except ValueError as error:
        raise InvalidToken("not base64") from error
    if not same:
        raise InvalidToken("not in its only form")
    return padded


def _pack(payload: Payload) -> bytes:
    scope: tuple[str, object] = ("", None)
    if payload.project_id is not None:
        scope = ("p", _short(payload.project_id))
    elif payload.domain_id is not None:
        scope = ("d", _short(payload.domain_id))
    elif payload.system:
        scope = ("s", None)
    return bytes(
        msgpack.packb(
            [
                _VERSION,
                _short(payload.user_id),
                payload.methods,
                *scope,
                (payload.issued_at - _EPOCH) // _MICROSECOND,
                (payload.expires_at - _EPOCH) // _MICROSECOND,
                payload.audit_ids,
                {name: _short(value) for name, value in payload.extension.items()},
            ]
        )
    )


def _unpack(packed: bytes) -> Payload:
    """The reverse of `_pack`; what was sealed by a later version of this program is refused."""
    try:
        version, user, methods, kind, scope, issued, expires, audit_ids, extension = msgpack.unpackb(packed)
        if version != _VERSION:
            raise InvalidToken(f"of version {version!r}; {_VERSION} is known")
        return Payload(
            user_id=_long(user),
            methods=tuple(methods),
            audit_ids=tuple(audit_ids),
            issued_at=_EPOCH + issued * _MICROSECOND,
            expires_at=_EPOCH + expires * _MICROSECOND,
            project_id=_long(scope) if kind == "p" else None,
            domain_id=_long(scope) if kind == "d" else None,
            system=kind == "s",
            extension={name: _long(value) for name, value in extension.items()},
        )
    except (ValueError, TypeError, AttributeError, OverflowError, msgpack.UnpackException) as error:
        raise InvalidToken("its content is not that of a token") from error


def _short(identifier: str) -> str | bytes:
    """A UUID in its usual form of 32 hexadecimal digits takes 16 bytes; any other id stays as it is."""
    try:
        short = uuid.UUID(hex=identifier)
    except ValueError:
        return identifier
    return short.bytes if short.hex == identifier else identifier


def _long(identifier: Any) -> str:
    return identifier.hex() if isinstance(identifier, bytes) else str(identifier)
