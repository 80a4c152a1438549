"""Ending tokens before their time."""

from __future__ import annotations

from datetime import datetime, timedelta

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.identity.model.revocation import Revocation
from cupola.identity.policies import tokens as policy
from cupola.identity.store import epoch
from cupola.identity.store import revocations as store


def revoke(
    tx: Transaction,
    ctx: Context,
    *,
    issued_before: datetime | None = None,
    audit_id: str | None = None,
    audit_chain_id: str | None = None,
    user_id: str | None = None,
    project_id: str | None = None,
    domain_id: str | None = None,
) -> None:
    """Refuse from now on the tokens issued until now, or until `issued_before`, that match all that is given."""
    until = issued_before or tx.now
    store.add(tx, Revocation(ctx.ids.uuid(), until, tx.now, audit_id, audit_chain_id, user_id, project_id, domain_id))
    epoch.advance(tx)


def prune(ctx: Context, lifetime: timedelta) -> str:
    """Forget revocations that no living token can match; a line for the operator.

    `lifetime` is what tokens are given now: those that were issued under another setting keep their own.
    """
    gone = ctx.transact("revocations.prune", lambda tx: store.prune(tx, tx.now - epoch.longest_lifetime(tx, lifetime)))
    return f"{gone} revocations forgotten"


def find(ctx: Context, since: datetime | None) -> list[Revocation]:
    """All revocations, or those since a moment. Raises PolicyForbids."""
    ctx.authorize(policy.LIST_REVOKE_EVENTS, {})
    return ctx.read("revocation.list", lambda tx: store.since(tx, since))
