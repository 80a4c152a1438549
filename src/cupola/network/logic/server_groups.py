"""Putting a server's ports into a security group, and taking them out: bodies for compute's transactions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cupola.base.context import Context
from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.network.errors import SecurityGroupNotOfServer
from cupola.network.logic.changes import networks_changed
from cupola.network.logic.security_groups import resolve_in
from cupola.network.model.security_group import Rule, SecurityGroup
from cupola.network.store import ports as store
from cupola.network.store import security_groups
from cupola.network.store.tables import port_security_groups


@dataclass(frozen=True)
class GroupRules:
    """A security group with its rules. `named` has every group that a rule speaks of."""

    group: SecurityGroup
    rules: Sequence[Rule]
    named: Mapping[str, SecurityGroup]


def groups_with_rules_of(tx: Transaction, server_id: str) -> list[GroupRules]:
    """The groups of a server's ports with their rules, by project and name."""
    found = store.of_devices(tx, [server_id])
    ids = {group for bound in store.groups_of(tx, [port.id for port in found]).values() for group in bound}
    rules = security_groups.rules_of(tx, sorted(ids))
    spoken_of = {rule.remote_group_id for of_group in rules.values() for rule in of_group if rule.remote_group_id}
    named = security_groups.by_ids(tx, ids | spoken_of)
    groups = sorted((named[id_] for id_ in ids), key=lambda group: (group.project_id, group.name))
    return [GroupRules(group, rules.get(group.id, []), named) for group in groups]


def add_group_in(tx: Transaction, ctx: Context, server_id: str, project_id: str, group: str) -> None:
    """Put all ports of a server that have port security into a group (name or id); being in it is fine.

    Raises SecurityGroupNotFound, SecurityGroupAmbiguous.
    """
    (group_id,) = resolve_in(tx, ctx, project_id, [group])
    there = store.of_devices(tx, [server_id], lock=True)  # who binds one now sees the group, or we see its host
    found = [port for port in there if port.port_security_enabled]
    has = store.groups_of(tx, [port.id for port in found])
    changed = [port for port in found if group_id not in has.get(port.id, ())]
    for port in changed:
        store.bind_groups(tx, port.id, [group_id])
    if changed:
        networks_changed(tx, ctx, {port.network_id for port in changed}, {group_id})


def remove_group_in(tx: Transaction, ctx: Context, server_id: str, project_id: str, group: str) -> None:
    """Take all ports of a server out of a group. Raises SecurityGroupNotFound or SecurityGroupNotOfServer."""
    (group_id,) = resolve_in(tx, ctx, project_id, [group])
    found = store.of_devices(tx, [server_id], lock=True)
    has = store.groups_of(tx, [port.id for port in found])
    members = [port for port in found if group_id in has.get(port.id, ())]
    if not members:
        raise SecurityGroupNotOfServer(group, server_id)
    bound = port_security_groups.c
    rows.remove(
        tx, port_security_groups, bound.security_group_id == group_id, bound.port_id.in_([port.id for port in members])
    )
    networks_changed(tx, ctx, {port.network_id for port in members}, {group_id})
