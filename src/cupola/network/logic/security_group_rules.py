"""Rules of security groups: made, deleted, and found. A change reaches the hosts of all ports that have the group."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from ipaddress import ip_network
from typing import Any

from cupola.base import quota
from cupola.base.context import Context
from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.network.errors import (
    SecurityGroupEthertypeConflictWithProtocol,
    SecurityGroupInvalidIcmpValue,
    SecurityGroupInvalidPortRange,
    SecurityGroupInvalidPortValue,
    SecurityGroupMissingIcmpType,
    SecurityGroupMultipleRemoteEntites,
    SecurityGroupNotFound,
    SecurityGroupProtocolRequiredWithPorts,
    SecurityGroupRuleExists,
    SecurityGroupRuleNotFound,
    SecurityGroupRuleParameterConflict,
)
from cupola.network.limits import LIMITS_OF
from cupola.network.logic.changes import networks_changed
from cupola.network.logic.scope import of_rule, owned, permit, project_seen
from cupola.network.model.asked import Asked
from cupola.network.model.protocols import ICMP, PORTED, number_of
from cupola.network.model.query import Query
from cupola.network.model.security_group import Rule, RuleDetail, SecurityGroup
from cupola.network.store import security_groups as store
from cupola.network.store.tables import security_group_rules


def create(ctx: Context, asked: Sequence[Asked]) -> list[RuleDetail]:
    """Make rules, all or none. Raises SecurityGroupNotFound, OverQuota, SecurityGroupRuleExists; why it is no rule."""

    def write(tx: Transaction) -> list[RuleDetail]:
        return store.rule_details(tx, [create_in(tx, ctx, each) for each in asked])

    return ctx.transact("security_group_rule.create", write)


def create_in(tx: Transaction, ctx: Context, asked: Asked) -> Rule:
    check(asked.values)
    group = _group(tx, ctx, asked["security_group_id"])
    rule = Rule(
        id=ctx.ids.uuid(),
        security_group_id=group.id,
        project_id=asked["project_id"],
        description=asked["description"],
        direction=asked["direction"],
        ethertype=asked["ethertype"],
        protocol=asked["protocol"],
        port_range_min=asked["port_range_min"],
        port_range_max=asked["port_range_max"],
        remote_ip_prefix=asked["remote_ip_prefix"],
        remote_group_id=asked["remote_group_id"],
        created_at=tx.now,
    )
    ctx.authorize("create_security_group_rule", of_rule(RuleDetail(rule, group.project_id, False)))
    if rule.remote_group_id is not None:
        _group(tx, ctx, rule.remote_group_id)
    quota.take(tx, LIMITS_OF, rule.project_id, network__security_group_rule=1)
    for other in store.rules_of(tx, [group.id]).get(group.id, ()):
        if _same(rule, other):
            raise SecurityGroupRuleExists(other.id)
    rows.add(tx, security_group_rules, rule)
    store.hold(tx, [group.id])
    networks_changed(tx, ctx, store.networks_with(tx, [group.id]))
    return rule


def _group(tx: Transaction, ctx: Context, id_: str) -> SecurityGroup:
    group = store.by_id(tx, id_)
    if group is None or not ctx.may("get_security_group", owned(group.project_id)):
        ctx.marks.authorized = True
        raise SecurityGroupNotFound(id_)
    return group


def _same(one: Rule, other: Rule) -> bool:
    return _essence(one) == _essence(other)


def _essence(rule: Rule) -> Rule:
    """The rule without what makes no difference to packets."""
    protocol = number_of(rule.protocol, rule.ethertype) if rule.protocol else None
    prefix = rule.remote_ip_prefix
    if prefix is not None and ip_network(prefix, strict=False).prefixlen == 0:
        prefix = None
    return dataclasses.replace(
        rule,
        id="",
        project_id="",
        description=None,
        protocol=None if protocol is None else str(protocol),
        remote_ip_prefix=prefix and str(ip_network(prefix, strict=False)),
        created_at=rule.created_at.min,
    )


def check(wanted: Mapping[str, Any]) -> None:
    """Raises the reason why this is no rule."""
    prefix, ethertype, protocol = wanted["remote_ip_prefix"], wanted["ethertype"], wanted["protocol"]
    if prefix is not None and wanted["remote_group_id"] is not None:
        raise SecurityGroupMultipleRemoteEntites
    if prefix is not None and f"IPv{ip_network(prefix, strict=False).version}" != ethertype:
        raise SecurityGroupRuleParameterConflict(ethertype, prefix)
    low, high = wanted["port_range_min"], wanted["port_range_max"]
    if protocol is None:
        if low is not None or high is not None:
            raise SecurityGroupProtocolRequiredWithPorts
        return
    if protocol.startswith("ipv6") and ethertype == "IPv4":
        raise SecurityGroupEthertypeConflictWithProtocol(ethertype, protocol)
    number = number_of(protocol, ethertype)
    if number in ICMP:
        _check_icmp(low, high)
    elif number in PORTED:
        _check_range(low, high)


def _check_range(low: int | None, high: int | None) -> None:
    if low is None and high is None:
        return
    for port in (low, high):
        if port is not None and not 0 <= port <= 65535:
            raise SecurityGroupInvalidPortValue(port)
    if low is None or high is None or low > high:
        raise SecurityGroupInvalidPortRange


def _check_icmp(kind: int | None, code: int | None) -> None:
    for attribute, field, value in (("port_range_min", "type", kind), ("port_range_max", "code", code)):
        if value is not None and not 0 <= value <= 255:
            raise SecurityGroupInvalidIcmpValue(field, attribute, value)
    if kind is None and code is not None:
        raise SecurityGroupMissingIcmpType(code)


def show(ctx: Context, id_: str) -> RuleDetail:
    """Raises SecurityGroupRuleNotFound."""

    def read(tx: Transaction) -> RuleDetail:
        detail = _detail(tx, id_)
        permit(ctx, "get_security_group_rule", of_rule(detail), SecurityGroupRuleNotFound(id_))
        return detail

    return ctx.read("security_group_rule.show", read)


def _detail(tx: Transaction, id_: str) -> RuleDetail:
    rule = store.rule_by_id(tx, id_)
    if rule is None:
        tx.ctx.marks.authorized = True
        raise SecurityGroupRuleNotFound(id_)
    return store.rule_details(tx, [rule])[0]


def listed(ctx: Context, query: Query) -> list[RuleDetail]:
    def read(tx: Transaction) -> list[RuleDetail]:
        own = owned(ctx.project_id or "") | {"security_group:project_id": ctx.project_id}
        ctx.authorize("get_security_group_rule", own)
        found = store.rule_details(tx, store.rule_page(tx, project_seen(ctx), query))
        return [each for each in found if ctx.may("get_security_group_rule", of_rule(each))]

    return ctx.read("security_group_rule.list", read)


def delete(ctx: Context, id_: str) -> None:
    """Raises SecurityGroupRuleNotFound."""

    def write(tx: Transaction) -> None:
        detail = _detail(tx, id_)
        permit(ctx, "delete_security_group_rule", of_rule(detail), SecurityGroupRuleNotFound(id_))
        quota.give(tx, detail.rule.project_id, network__security_group_rule=1)
        rows.remove(tx, security_group_rules, security_group_rules.c.id == id_, seen=1)
        store.hold(tx, [detail.rule.security_group_id])
        networks_changed(tx, ctx, store.networks_with(tx, [detail.rule.security_group_id]))

    ctx.transact("security_group_rule.delete", write)
