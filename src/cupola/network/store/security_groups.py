"""Security groups and their rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import exists, func, or_, select

from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.network.model.query import Query
from cupola.network.model.security_group import Rule, RuleDetail, SecurityGroup, SecurityGroupDetail
from cupola.network.store.listing import listed
from cupola.network.store.tables import (
    ip_allocations,
    port_security_groups,
    ports,
    security_group_rules,
    security_groups,
)
from cupola.network.store.tags import tags_of


def by_id(tx: Transaction, id_: str, lock: bool = False) -> SecurityGroup | None:
    return rows.by_id(tx, SecurityGroup, security_groups, id_, lock)


def hold(tx: Transaction, ids: Iterable[str]) -> None:
    """Let nobody else change, until this transaction ends, who is a member of these groups or which rules they have.

    Who looks for the networks concerned must see what others who do the same have written.
    """
    if tx.locks_rows:
        query = select(security_groups.c.id).where(security_groups.c.id.in_(sorted(set(ids))))
        tx.all(query.order_by(security_groups.c.id).with_for_update(key_share=True))


def of_subnet(tx: Transaction, subnet_id: str) -> list[str]:
    """Groups of the ports that have an address of a subnet."""
    joined = port_security_groups.join(ip_allocations, ip_allocations.c.port_id == port_security_groups.c.port_id)
    query = select(port_security_groups.c.security_group_id.label("id")).select_from(joined)
    return [row["id"] for row in tx.all(query.where(ip_allocations.c.subnet_id == subnet_id).distinct())]


def by_ids(tx: Transaction, ids: Iterable[str]) -> dict[str, SecurityGroup]:
    query = select(security_groups).where(security_groups.c.id.in_(sorted(set(ids))))
    return {group.id: group for group in rows.many(tx, SecurityGroup, query)}


def named(tx: Transaction, project_id: str, names: Iterable[str]) -> list[SecurityGroup]:
    """Groups of a project whose id or name is among `names`."""
    wanted = sorted(set(names))
    query = select(security_groups).where(
        security_groups.c.project_id == project_id,
        or_(security_groups.c.id.in_(wanted), security_groups.c.name.in_(wanted)),
    )
    return rows.many(tx, SecurityGroup, query.order_by(security_groups.c.created_at, security_groups.c.id))


def default_of(tx: Transaction, project_id: str) -> SecurityGroup | None:
    return rows.one(tx, SecurityGroup, select(security_groups).where(security_groups.c.default_of == project_id))


def page(tx: Transaction, project_id: str | None, query: Query) -> list[SecurityGroup]:
    own = [] if project_id is None else [security_groups.c.project_id == project_id]
    return [SecurityGroup(**row) for row in listed(tx, security_groups, query, *own)]


def details(tx: Transaction, found: Sequence[SecurityGroup]) -> list[SecurityGroupDetail]:
    ids = [group.id for group in found]
    rules = rules_of(tx, ids)
    tags = tags_of(tx, ids)
    return [SecurityGroupDetail(group, tuple(rules.get(group.id, ())), tags.get(group.id, ())) for group in found]


# rules ----------------------------------------------------------------------------------------------------------------


def rule_by_id(tx: Transaction, id_: str) -> Rule | None:
    return rows.by_id(tx, Rule, security_group_rules, id_)


def rules_of(tx: Transaction, group_ids: Sequence[str]) -> dict[str, list[Rule]]:
    """Rules by group."""
    found: dict[str, list[Rule]] = {}
    if group_ids:
        query = select(security_group_rules).where(security_group_rules.c.security_group_id.in_(group_ids))
        order = (security_group_rules.c.created_at, security_group_rules.c.id)
        for rule in rows.many(tx, Rule, query.order_by(*order)):
            found.setdefault(rule.security_group_id, []).append(rule)
    return found


def rule_page(tx: Transaction, project_id: str | None, query: Query) -> list[Rule]:
    owned = exists().where(
        security_groups.c.id == security_group_rules.c.security_group_id, security_groups.c.project_id == project_id
    )
    condition = [] if project_id is None else [or_(security_group_rules.c.project_id == project_id, owned)]
    return [Rule(**row) for row in listed(tx, security_group_rules, query, *condition)]


def rule_details(tx: Transaction, found: Sequence[Rule]) -> list[RuleDetail]:
    groups = by_ids(tx, {rule.security_group_id for rule in found})
    return [
        RuleDetail(rule, group.project_id, group.default_of is not None)
        for rule in found
        for group in [groups[rule.security_group_id]]
    ]


# what depends on a group ----------------------------------------------------------------------------------------------


def networks_with(tx: Transaction, group_ids: Iterable[str]) -> list[str]:
    """Networks on which ports that are on a host have one of the groups."""
    joined = ports.join(port_security_groups, port_security_groups.c.port_id == ports.c.id)
    query = (
        select(ports.c.network_id)
        .select_from(joined)
        .where(port_security_groups.c.security_group_id.in_(sorted(set(group_ids))), ports.c.host.is_not(None))
    )
    return [row["network_id"] for row in tx.all(query.distinct().order_by(ports.c.network_id))]


def networks_naming(tx: Transaction, group_ids: Iterable[str]) -> list[str]:
    """Networks on which ports that are on a host have a rule about the members of one of the groups."""
    bound = port_security_groups.c.security_group_id == security_group_rules.c.security_group_id
    joined = security_group_rules.join(port_security_groups, bound).join(
        ports, ports.c.id == port_security_groups.c.port_id
    )
    query = (
        select(ports.c.network_id)
        .select_from(joined)
        .where(security_group_rules.c.remote_group_id.in_(sorted(set(group_ids))), ports.c.host.is_not(None))
    )
    return [row["network_id"] for row in tx.all(query.distinct().order_by(ports.c.network_id))]


def named_by_others(tx: Transaction, group_id: str) -> bool:
    """Whether rules of other groups are about the members of this one."""
    query = select(func.count()).select_from(security_group_rules)
    others = security_group_rules.c.security_group_id != group_id
    return bool(tx.scalar(query.where(security_group_rules.c.remote_group_id == group_id, others)))


def rules_by_project(tx: Transaction, group_id: str) -> dict[str, int]:
    """How many rules of a group each project made."""
    project, own = security_group_rules.c.project_id, security_group_rules.c.security_group_id == group_id
    query = select(project, func.count().label("many")).where(own).group_by(project)
    return {row["project_id"]: row["many"] for row in tx.all(query)}
