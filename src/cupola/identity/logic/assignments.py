"""The list of who has which role where: as it was given, or as it works out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.errors import BadInput
from cupola.identity.model.assignment import SYSTEM, Assignment
from cupola.identity.model.effective import Listing, Named
from cupola.identity.model.role import RoleGraph
from cupola.identity.policies import grants as policy
from cupola.identity.store import assignments as store
from cupola.identity.store import domains, groups, projects, roles, users

Names = dict[tuple[str, str], Named]
"""By kind ("user", "group", "project", "domain", "role") and id."""


@dataclass(frozen=True)
class Asked:
    """The filters of a request."""

    role_id: str | None = None
    user_id: str | None = None
    group_id: str | None = None
    project_id: str | None = None
    domain_id: str | None = None
    system: bool = False
    inherited: bool | None = None
    effective: bool = False
    with_names: bool = False
    with_subtree: bool = False

    def check(self) -> None:
        """Raises BadInput for filters that contradict each other."""
        if self.domain_id and self.project_id:
            raise BadInput("Specify a domain or project, not both")
        if self.system and (self.domain_id or self.project_id):
            raise BadInput(f"Specify system or {'domain' if self.domain_id else 'project'}, not both")
        if self.user_id and self.group_id:
            raise BadInput("Specify a user or group, not both")
        if self.effective and self.group_id:
            raise BadInput("Combining effective and group filter will always result in an empty list.")
        if self.effective and self.inherited and self.domain_id:
            raise BadInput("Combining effective, domain and inherited filters will always result in an empty list.")
        if self.with_subtree and not self.project_id:
            raise BadInput("scope.project.id must be specified if include_subtree is also specified")


def find(ctx: Context, asked: Asked) -> tuple[list[Listing], Names]:
    """The assignments that pass the filters, and the names of all they name if `with_names`.

    Raises BadInput, PolicyForbids.
    """

    def body(tx: Transaction) -> tuple[list[Listing], Names]:
        _authorize(tx, ctx, asked)
        asked.check()
        listed = list(dict.fromkeys(_effective(tx, asked) if asked.effective else _given(tx, asked)))
        listed = _of_domain(tx, ctx.caller.domain_id, listed)
        return listed, _names(tx, listed) if asked.with_names else {}

    return ctx.read("assignment.list", body)


def _authorize(tx: Transaction, ctx: Context, asked: Asked) -> None:
    own: str | None = ctx.caller.domain_id
    if asked.with_subtree and asked.project_id:
        project = projects.get(tx, asked.project_id)
        own = project.domain_id if project is not None else None
    rule = policy.LIST_ASSIGNMENTS_OF_TREE if asked.with_subtree else policy.LIST_ASSIGNMENTS
    ctx.authorize(rule, {} if own is None else {"target.domain_id": own})


def _of_domain(tx: Transaction, domain_id: str | None, listed: list[Listing]) -> list[Listing]:
    """Whoever has a token for a domain sees what is given in it."""
    if domain_id is None:
        return listed
    within = {("project", project_id) for project_id in projects.in_domain(tx, domain_id)} | {("domain", domain_id)}
    return [one for one in listed if (one.shown.target_type, one.shown.target_id) in within]


def _places(tx: Transaction, asked: Asked) -> set[tuple[str, str]] | None:
    """The targets asked for; None: all."""
    if asked.project_id:
        below = projects.below(tx, asked.project_id) if asked.with_subtree else []
        return {("project", project_id) for project_id in [asked.project_id, *(found.id for found in below)]}
    if asked.domain_id:
        return {("domain", asked.domain_id)}
    return {("system", SYSTEM)} if asked.system else None


def _given(tx: Transaction, asked: Asked) -> Iterator[Listing]:
    actor = ("user", asked.user_id) if asked.user_id else ("group", asked.group_id) if asked.group_id else None
    for found in store.find(tx, _places(tx, asked), actor, asked.role_id):
        if asked.inherited is None or found.inherited == asked.inherited:
            yield Listing(found, found)


def _effective(tx: Transaction, asked: Asked) -> Iterator[Listing]:
    """Groups become their members, what is inherited becomes the projects below, and roles bring those they imply.

    Roles of domains are not among them: they count by what they imply only.
    """
    places = _places(tx, asked)
    found = store.find(tx, None)
    members = groups.members(tx, {one.actor_id for one in found if one.actor_type == "group"})
    graph, tree = roles.graph(tx), _Tree(tx, found)
    for given in found:
        if asked.inherited is not None and given.inherited != asked.inherited:
            continue
        for placed in tree.spread(given):
            if places is not None and (placed.target_type, placed.target_id) not in places:
                continue
            for listing in _held(given, placed, members):
                if asked.user_id is None or listing.shown.actor_id == asked.user_id:
                    yield from _implied(listing, graph, asked.role_id)


class _Tree:
    """Which projects are below others; read only if something is inherited."""

    def __init__(self, tx: Transaction, found: Iterable[Assignment]) -> None:
        known = projects.everything(tx) if any(one.inherited for one in found) else []
        self._children: dict[str, list[str]] = {}
        for project in known:
            self._children.setdefault(project.parent_id, []).append(project.id)

    def spread(self, given: Assignment) -> Iterator[Assignment]:
        """The assignment itself, or one for each project that inherits it."""
        if not given.inherited:
            yield given
            return
        waiting = list(self._children.get(given.target_id, ()))
        while waiting:
            project_id = waiting.pop(0)
            waiting.extend(self._children.get(project_id, ()))
            yield replace(given, target_type="project", target_id=project_id)


def _held(given: Assignment, placed: Assignment, members: dict[str, list[str]]) -> Iterator[Listing]:
    if placed.actor_type == "user":
        yield Listing(placed, given)
    else:
        for user_id in members.get(placed.actor_id, ()):
            yield Listing(replace(placed, actor_type="user", actor_id=user_id), given, membership=placed.actor_id)


def _implied(listing: Listing, graph: RoleGraph, role_id: str | None) -> Iterator[Listing]:
    seen = {listing.shown.role_id}
    waiting = [listing]
    while waiting:
        one = waiting.pop(0)
        prior = one.shown.role_id
        if role_id in (None, prior) and graph.roles[prior].of_the_cloud:
            yield one
        for implied in graph.implied.get(prior, ()):
            if implied not in seen:
                seen.add(implied)
                waiting.append(replace(one, shown=replace(one.shown, role_id=implied), prior_role_id=prior))


def _names(tx: Transaction, listed: list[Listing]) -> Names:
    ids: dict[str, set[str]] = {"user": set(), "group": set(), "project": set(), "domain": set(), "system": set()}
    for one in listed:
        ids[one.shown.actor_type].add(one.shown.actor_id)
        ids[one.shown.target_type].add(one.shown.target_id)
    names: Names = {}
    for user in users.among(tx, ids["user"]):
        names["user", user.id] = Named(user.name, user.domain_id)
    for group in groups.among(tx, ids["group"]):
        names["group", group.id] = Named(group.name, group.domain_id)
    for project in projects.among(tx, ids["project"]):
        names["project", project.id] = Named(project.name, project.domain_id)
    for role in roles.graph(tx).roles.values():
        names["role", role.id] = Named(role.name, role.domain_id or None)
    homes = {named.domain_id for named in names.values() if named.domain_id is not None}
    for domain in domains.among(tx, ids["domain"] | homes):
        names["domain", domain.id] = Named(domain.name, None)
    return names
