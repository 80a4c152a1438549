"""From a token to who holds it: what it says, whether that still stands, and what its holder may be taken for."""

from __future__ import annotations

from datetime import datetime

from cupola.base.auth.fernet import ExpiredToken, InvalidToken, Payload
from cupola.base.context import Caller, Context
from cupola.base.db.transaction import Transaction
from cupola.identity.errors import NotAuthenticated, TokenUnknown
from cupola.identity.logic.identity import Identity
from cupola.identity.model.scope import Scope
from cupola.identity.model.token import Token
from cupola.identity.store import epoch, holdings, revocations


def authenticate(identity: Identity, ctx: Context, token: str) -> Caller:
    """Who sends this token. One statement when the token was seen in this epoch, seven at most otherwise.

    Raises NotAuthenticated.
    """

    def look_up(tx: Transaction) -> Caller:
        number = epoch.current(tx)
        known = identity.callers.find(token, number, ctx.now())
        if known is not None:
            return known
        try:
            found = validated(identity, tx, token, ctx.now())
        except TokenUnknown:
            raise NotAuthenticated from None
        caller = found.holding.caller()
        identity.callers.keep(token, caller, number, found.payload.expires_at)
        return caller

    return ctx.read("token.authenticate", look_up)


def validated(identity: Identity, tx: Transaction, token: str, now: datetime) -> Token:
    """What a token says and means today. Raises TokenUnknown when it is not valid, or not any more."""
    payload = opened(identity, token, now)
    scope = Scope(payload.project_id, payload.domain_id, payload.system)
    holding = holdings.held(tx, payload.user_id, scope)
    if holding is None or not holding.usable or revocations.refuses(tx, payload, holding.user.domain_id):
        raise TokenUnknown("Failed to validate token")
    return Token(payload, holding)


def opened(identity: Identity, token: str, now: datetime) -> Payload:
    """What a token says. Raises TokenUnknown when it was not sealed here, or has expired."""
    try:
        return identity.tokens.verify(token, now)
    except ExpiredToken:
        raise TokenUnknown("Failed to validate token") from None
    except InvalidToken:
        raise TokenUnknown("Could not recognize Fernet token") from None
