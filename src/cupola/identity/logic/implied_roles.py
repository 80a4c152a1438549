"""Which roles imply which."""

from __future__ import annotations

from cupola.base.context import Context
from cupola.base.db.transaction import Duplicate, Transaction
from cupola.identity.errors import NotImplied, Refused, Taken, Unknown
from cupola.identity.model.role import Implication, Role, RoleGraph
from cupola.identity.policies import roles as policy
from cupola.identity.store import epoch
from cupola.identity.store import roles as store

Inference = tuple[Role, list[Role]]
"""A role with those that it implies directly."""


def _both(tx: Transaction, prior_id: str, implied_id: str) -> tuple[Role, Role]:
    pair = store.get(tx, prior_id), store.get(tx, implied_id)
    if pair[0] is None or pair[1] is None:
        raise Unknown("role", prior_id if pair[0] is None else implied_id)
    return pair[0], pair[1]


def everything(ctx: Context) -> list[Inference]:
    """All roles that imply others. Raises PolicyForbids."""
    ctx.authorize(policy.LIST_INFERENCES, {})
    graph = ctx.read("role.inferences", store.graph)
    return [(graph.roles[prior_id], _implied(graph, prior_id)) for prior_id in graph.implied]


def _implied(graph: RoleGraph, prior_id: str) -> list[Role]:
    return [graph.roles[role_id] for role_id in graph.implied.get(prior_id, ())]


def of(ctx: Context, prior_id: str) -> Inference:
    """Raises Unknown, PolicyForbids."""
    ctx.authorize(policy.LIST_IMPLIED, {})
    graph = ctx.read("role.implies", store.graph)
    if prior_id not in graph.roles:
        raise Unknown("role", prior_id)
    return graph.roles[prior_id], _implied(graph, prior_id)


def show(ctx: Context, prior_id: str, implied_id: str, rule: str = policy.GET_IMPLIED) -> tuple[Role, Role]:
    """Raises Unknown, NotImplied, PolicyForbids."""
    ctx.authorize(rule, {})

    def body(tx: Transaction) -> tuple[Role, Role]:
        pair = _both(tx, prior_id, implied_id)
        if implied_id not in store.graph(tx).implied.get(prior_id, ()):
            raise NotImplied(prior_id, implied_id)
        return pair

    return ctx.read("role.implication", body)


def create(ctx: Context, prior_id: str, implied_id: str) -> tuple[Role, Role]:
    """Raises Unknown, Taken, Refused (the administrator's role, or a domain's role for all), PolicyForbids."""
    ctx.authorize(policy.CREATE_IMPLIED, {})

    def body(tx: Transaction) -> tuple[Role, Role]:
        prior, implied = _both(tx, prior_id, implied_id)
        if implied.name == "admin" or (prior.of_the_cloud and not implied.of_the_cloud):
            raise Refused(f"{implied_id} cannot be an implied roles.")
        try:
            store.imply(tx, Implication(prior_id, implied_id))
        except Duplicate:
            raise Taken("implied_role", "Duplicate entry") from None
        epoch.advance(tx)
        return prior, implied

    return ctx.transact("role.imply", body)


def delete(ctx: Context, prior_id: str, implied_id: str) -> None:
    """Raises Unknown, NotImplied, PolicyForbids."""
    ctx.authorize(policy.DELETE_IMPLIED, {})

    def body(tx: Transaction) -> None:
        _both(tx, prior_id, implied_id)
        if not store.imply_no_more(tx, Implication(prior_id, implied_id)):
            raise NotImplied(prior_id, implied_id)
        epoch.advance(tx)

    ctx.transact("role.imply_no_more", body)
