"""A server's security groups: those of its ports."""

from __future__ import annotations

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.compute.logic.lookup import server_in
from cupola.compute.policies import server_actions as policies
from cupola.network import interface as network


def add(ctx: Context, server_id: str, group: str) -> None:
    """Put its ports into a group (name or id). Raises ServerNotFound, SecurityGroupNotFound."""

    def write(tx: Transaction) -> None:
        server = server_in(tx, ctx, policies.ADD_SECURITY_GROUP, server_id)
        network.add_group_in(tx, ctx, server.id, server.project_id, group)

    ctx.transact("server.add_security_group", write)


def remove(ctx: Context, server_id: str, group: str) -> None:
    """Take its ports out of a group. Raises ServerNotFound, SecurityGroupNotFound."""

    def write(tx: Transaction) -> None:
        server = server_in(tx, ctx, policies.REMOVE_SECURITY_GROUP, server_id)
        network.remove_group_in(tx, ctx, server.id, server.project_id, group)

    ctx.transact("server.remove_security_group", write)
