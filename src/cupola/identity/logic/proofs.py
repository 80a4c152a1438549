"""How users prove who they are: by password, or by a token they have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.identity.errors import Missing, NotAuthenticated, UnsupportedMethod
from cupola.identity.logic.authentication import validated
from cupola.identity.logic.identity import Identity
from cupola.identity.logic.scopes import domain
from cupola.identity.model.user import User
from cupola.identity.store import revocations, users


@dataclass(frozen=True)
class Proof:
    """Who was proved, how and when: by what stood at `at`, so that a revocation made since ends what follows from it.

    `parent` is the audit id that begins the chain of the token used, if one was.
    """

    user_id: str
    methods: tuple[str, ...]
    at: datetime
    default_project_id: str | None
    parent: str | None = None
    expires_at: datetime | None = None


def prove(identity: Identity, ctx: Context, request: Mapping[str, Any]) -> Proof:
    """What the `identity` part of a request proves. All methods that it names must prove the same user.

    Raises Missing, UnsupportedMethod, NotAuthenticated, TokenUnknown.
    """
    proofs = []
    for method in dict.fromkeys(request["methods"]):  # once each, however often it is named: a password costs much
        if method not in request:
            raise Missing(method, "identity")
        if method not in _METHODS:
            raise UnsupportedMethod
        proofs.append(_METHODS[method](identity, ctx, request[method]))
    if not proofs or len({proof.user_id for proof in proofs}) != 1:
        raise NotAuthenticated
    methods = tuple(dict.fromkeys(method for proof in proofs for method in proof.methods))
    older = next((proof for proof in proofs if proof.parent), proofs[0])
    at = min(proof.at for proof in proofs)
    return Proof(older.user_id, methods, at, older.default_project_id, older.parent, older.expires_at)


def _password(identity: Identity, ctx: Context, given: Mapping[str, Any]) -> Proof:
    if "user" not in given:
        raise Missing("user", "password")
    named, password = given["user"], given["user"].get("password")
    if password is None:
        raise Missing("password", "user")
    user, at = ctx.read("token.user", lambda tx: _user_and_moment(tx, named))
    if user is None or user.password_hash is None:
        identity.passwords.verify_nothing(password)
        raise NotAuthenticated
    right, upgraded = identity.passwords.verify(password, user.password_hash)
    if not right:
        raise NotAuthenticated
    if upgraded is not None:
        ctx.transact("user.upgrade_hash", lambda tx: _upgrade(tx, user, upgraded))
    return Proof(user.id, ("password",), at, user.default_project_id)


def _upgrade(tx: Transaction, user: User, password_hash: str) -> None:
    """Keep the same password under a newer kind of hash, unless it was changed meanwhile."""
    seen = users.get(tx, user.id)
    if seen is not None and seen.password_hash == user.password_hash:
        users.update(tx, seen, password_hash=password_hash)


def _user_and_moment(tx: Transaction, named: Mapping[str, Any]) -> tuple[User | None, datetime]:
    """The user as of now; the moment is after the revocations that are known, should the clock have been set back."""
    user = _user(tx, named)
    newest = revocations.newest(tx, user.id) if user is not None else None
    return user, tx.now if newest is None else max(tx.now, newest + timedelta(microseconds=1))


def _user(tx: Transaction, named: Mapping[str, Any]) -> User | None:
    if "id" in named:
        return users.get(tx, named["id"])
    if "name" not in named:
        raise Missing("id or name", "user")
    if "domain" not in named:
        raise Missing("domain", "user")
    try:
        home = domain(tx, named["domain"], "domain")
    except NotAuthenticated:
        return None
    return users.named(tx, home.id, named["name"])


def _token(identity: Identity, ctx: Context, given: Mapping[str, Any]) -> Proof:
    if "id" not in given:
        raise Missing("id", "token")
    found, at = ctx.read("token.used", lambda tx: (validated(identity, tx, given["id"], tx.now), tx.now))
    payload = found.payload
    return Proof(
        payload.user_id,
        (*payload.methods, "token"),
        max(at, payload.issued_at),
        found.holding.user.default_project_id,
        payload.audit_ids[-1],
        payload.expires_at,
    )


_METHODS = {"password": _password, "token": _token}
