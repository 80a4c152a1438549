"""Tokens: issuing, showing and revoking them."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cupola.base.auth.fernet import Payload
from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.ids import Ids
from cupola.identity.errors import NotAuthenticated, TokenUnknown
from cupola.identity.logic import catalog, revocations, scopes
from cupola.identity.logic.authentication import validated
from cupola.identity.logic.identity import Identity
from cupola.identity.logic.proofs import Proof, prove
from cupola.identity.model.scope import UNSCOPED, Scope
from cupola.identity.model.token import Holding, Token
from cupola.identity.policies import tokens as policy
from cupola.identity.store import holdings


@dataclass(frozen=True)
class Shown:
    """A token with the catalog it goes with (None: it has no scope, or none was asked for)."""

    text: str
    token: Token
    catalog: list[dict[str, Any]] | None


def issue(identity: Identity, ctx: Context, request: Mapping[str, Any], with_catalog: bool = True) -> Shown:
    """A token for what the `auth` of a request proves, in the scope it asks for.

    Without a scope it is for the user's default project if there is one to be had, and unscoped otherwise.
    Raises Missing, UnsupportedMethod, NotAuthenticated, TokenUnknown.
    """
    proof = prove(identity, ctx, request["identity"])

    def look_up(tx: Transaction) -> tuple[Holding, list[dict[str, Any]] | None]:
        holding = _holding(tx, proof, scopes.wanted(tx, request.get("scope")))
        return holding, _catalog(tx, holding) if with_catalog else None

    holding, shown = ctx.read("token.issue", look_up)
    own = audit_id(ctx.ids)
    payload = Payload(
        user_id=proof.user_id,
        methods=proof.methods,
        audit_ids=(own, proof.parent) if proof.parent else (own,),
        issued_at=proof.at,
        expires_at=proof.expires_at or ctx.now() + identity.settings.lifetime,
        project_id=holding.scope.project_id,
        domain_id=holding.scope.domain_id,
        system=holding.scope.system,
    )
    return Shown(identity.tokens.issue(payload), Token(payload, holding), shown)


def _holding(tx: Transaction, proof: Proof, scope: Scope | None) -> Holding:
    if scope is None and proof.default_project_id is not None:
        holding = holdings.held(tx, proof.user_id, Scope(project_id=proof.default_project_id))
        if holding is not None and holding.usable:
            return holding
    holding = holdings.held(tx, proof.user_id, scope or UNSCOPED)
    if holding is None or not holding.usable:
        raise NotAuthenticated
    return holding


def _catalog(tx: Transaction, holding: Holding) -> list[dict[str, Any]] | None:
    if holding.scope.unscoped:
        return None
    return catalog.catalog(tx, holding.user.id, holding.scope.project_id)


def show(identity: Identity, ctx: Context, text: str | None, with_catalog: bool = True) -> Shown:
    """The token that a request asks about. Raises TokenUnknown, PolicyForbids."""

    def look_up(tx: Transaction) -> Shown:
        token = _subject(identity, ctx, tx, text, policy.VALIDATE)
        return Shown(text or "", token, _catalog(tx, token.holding) if with_catalog else None)

    return ctx.read("token.show", look_up)


def check(identity: Identity, ctx: Context, text: str | None) -> None:
    """Raises TokenUnknown, PolicyForbids."""
    ctx.read("token.check", lambda tx: _subject(identity, ctx, tx, text, policy.CHECK))


def revoke(identity: Identity, ctx: Context, text: str | None) -> None:
    """End a token, and if it was had without another one, all that were made from it, by however many steps.

    One that was made from another ends alone: a token knows itself and the first of its chain, and those between two
    are not recorded. Raises TokenUnknown, PolicyForbids.
    """

    def body(tx: Transaction) -> None:
        payload = _subject(identity, ctx, tx, text, policy.REVOKE).payload
        own, end = payload.audit_ids[0], payload.expires_at
        revocations.revoke(tx, ctx, issued_before=end, audit_id=own)
        revocations.revoke(tx, ctx, issued_before=end, audit_chain_id=own)

    ctx.transact("token.revoke", body)


def _subject(identity: Identity, ctx: Context, tx: Transaction, text: str | None, rule: str) -> Token:
    """The token asked about, if the caller may ask. What is no token is nobody's: all are told so."""
    if text is None:
        ctx.authorize(rule, {})
        raise TokenUnknown("No token in the request")
    token = validated(identity, tx, text, ctx.now())
    ctx.authorize(rule, {"target.token.user_id": token.payload.user_id})
    return token


def audit_id(ids: Ids) -> str:
    """A new audit id: 16 random bytes in URL-safe base64."""
    return base64.urlsafe_b64encode(uuid.UUID(ids.uuid()).bytes).rstrip(b"=").decode()
