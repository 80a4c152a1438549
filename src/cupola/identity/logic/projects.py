"""Projects, in a tree under their domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cupola.base import ledger
from cupola.base.context import Context
from cupola.base.db.transaction import Duplicate, Transaction
from cupola.base.errors import BadInput
from cupola.base.ids import hex_id
from cupola.identity.errors import Refused, Taken, Unknown
from cupola.identity.logic import attributes, domains, revocations
from cupola.identity.model.domain import Domain
from cupola.identity.model.listing import Filter, Listed, Wanted
from cupola.identity.model.project import Project
from cupola.identity.policies import projects as policy
from cupola.identity.store import assignments, epoch, users
from cupola.identity.store import domains as domain_store
from cupola.identity.store import projects as store

_KNOWN = ("name", "description", "enabled", "domain_id", "parent_id", "is_domain", "options", "tags")


@dataclass(frozen=True)
class Found:
    """A project with its tags, or a domain in its role of a project."""

    project: Project | Domain
    tags: Sequence[str] = ()


def target(project: Project | Domain | None) -> Mapping[str, Any]:
    if project is None:
        return {}
    home = project.domain_id if isinstance(project, Project) else None
    return {"target.project.id": project.id, "target.project.domain_id": home}


def found_in(tx: Transaction, project_id: str) -> Found | None:
    project = store.get(tx, project_id)
    if project is not None:
        return Found(project, store.tags_of(tx, [project_id]).get(project_id, ()))
    domain = domain_store.get(tx, project_id)
    return None if domain is None else Found(domain, domain.tags)


def known_in(tx: Transaction, ctx: Context, rule: str, project_id: str) -> Found:
    """The project, if the caller may do `rule` to it. Raises Unknown, PolicyForbids."""
    found = found_in(tx, project_id)
    ctx.authorize(rule, target(found.project if found else None))
    if found is None:
        raise Unknown("project", project_id)
    return found


def show(ctx: Context, project_id: str) -> Found:
    """Raises Unknown, PolicyForbids."""
    return ctx.read("project.show", lambda tx: known_in(tx, ctx, policy.GET, project_id))


def find(ctx: Context, wanted: Wanted, tags: dict[str, list[str]]) -> Listed[Found]:
    """Projects with their tags; with the filter `is_domain`, domains in their role of projects."""
    own = ctx.caller.domain_id
    ctx.authorize(policy.LIST, {} if own is None else {"target.domain_id": own})

    def body(tx: Transaction) -> Listed[Found]:
        if wanted.value_of("is_domain"):
            page = wanted if own is None else wanted.also(Filter("id", own))
            acting = domain_store.find(tx, page)
            return Listed([Found(domain, domain.tags) for domain in acting.rows], acting.more)
        listed = store.find(tx, wanted if own is None else wanted.also(Filter("domain_id", own)), tags)
        tagged = store.tags_of(tx, [project.id for project in listed.rows])
        return Listed([Found(project, tagged.get(project.id, ())) for project in listed.rows], listed.more)

    return ctx.read("project.list", body)


def create(ctx: Context, given: Mapping[str, Any]) -> Found:
    """A project; below another if `parent_id` says so, else at the top of its domain.

    Raises BadInput, Taken, PolicyForbids.
    """
    new_id = hex_id(ctx.ids)

    def body(tx: Transaction) -> Found:
        if attributes.truth(given.get("is_domain") or False):
            ctx.authorize(policy.CREATE, {})
            domain = domains.create_in(tx, ctx, new_id, given)
            return Found(domain, domain.tags)
        domain_id, parent_id = _place(tx, ctx, given)
        ctx.authorize(policy.CREATE, {"target.project.domain_id": domain_id})
        return _add(tx, ctx, new_id, domain_id, parent_id, given)

    return ctx.transact("project.create", body)


def _place(tx: Transaction, ctx: Context, given: Mapping[str, Any]) -> tuple[str, str]:
    """The domain and the parent that a new project is to have."""
    default = ctx.caller.domain_id or ctx.caller.project_domain_id or "default"
    domain_id, parent_id = given.get("domain_id"), given.get("parent_id")
    parent = None if parent_id is None else store.get(tx, parent_id)
    if parent is None:
        if parent_id is not None and domain_store.get(tx, parent_id) is None:
            raise BadInput(f"Could not find project: {parent_id}.")
        domain_id = parent_id if parent_id is not None and domain_id is None else domain_id or default
        if parent_id is not None and domain_id != parent_id:
            raise BadInput("The domain of a project must be that of its parent.")
        return domains.existing(tx, domain_id).id, domain_id
    if domain_id is not None and domain_id != parent.domain_id:
        raise BadInput("The domain of a project must be that of its parent.")
    if not parent.enabled:
        raise Refused(f"cannot create a project in a branch containing a disabled project: {parent.id}")
    return parent.domain_id, parent.id


def _add(tx: Transaction, ctx: Context, new_id: str, domain_id: str, parent_id: str, given: Mapping[str, Any]) -> Found:
    own, extra = attributes.split(given, _KNOWN)
    new = Project(
        new_id,
        domain_id,
        parent_id,
        own["name"],
        own.get("description", ""),
        own.get("enabled", True),
        attributes.merged({}, own.get("options", {})),
        extra,
    )
    try:
        store.add(tx, new)
    except Duplicate:
        raise _taken(new) from None
    tags = sorted(set(own.get("tags", ())))
    store.set_tags(tx, new.id, tags)
    ledger.transition(tx, ctx, "project", new.id, None, {"enabled": new.enabled}, new.id)
    return Found(new, tags)


def _taken(project: Project) -> Taken:
    return Taken(
        "project",
        "it is not permitted to have two projects with either the same name or same id in the same domain: "
        f"name is {project.name}, project id {project.id}",
    )


def update(ctx: Context, project_id: str, given: Mapping[str, Any]) -> Found:
    """Raises Unknown, Taken, Immutable, BadInput, Refused, PolicyForbids. Tokens for a project that is disabled end."""

    def body(tx: Transaction) -> Found:
        found = known_in(tx, ctx, policy.UPDATE, project_id)
        if isinstance(found.project, Domain):
            changed = domains.update_in(tx, ctx, found.project, given)
            return Found(changed, changed.tags)
        return _change(tx, ctx, found.project, found.tags, given)

    return ctx.transact("project.update", body)


def _change(tx: Transaction, ctx: Context, seen: Project, tags: Sequence[str], given: Mapping[str, Any]) -> Found:
    attributes.unchanged(given, {"id": seen.id, "domain_id": seen.domain_id}, {"id": "ID", "domain_id": "Domain ID"})
    if given.get("parent_id", seen.parent_id) != seen.parent_id:
        raise Refused("Update of `parent_id` is not allowed.")
    attributes.changeable("project", seen.id, seen.options, given)
    own, extra = attributes.split(given, _KNOWN)
    changes = {name: own[name] for name in ("name", "description", "enabled") if name in own}
    options = attributes.merged(seen.options, own.get("options", {}))
    changed = _renamed(tx, seen, changes | {"options": options, "extra": {**seen.extra, **extra}})
    if changed.enabled != seen.enabled:
        _switched(tx, ctx, changed)
    if "tags" in own:
        tags = sorted(set(own["tags"]))
        store.set_tags(tx, seen.id, tags)
    epoch.advance(tx)
    return Found(changed, tags)


def _renamed(tx: Transaction, seen: Project, changes: Mapping[str, Any]) -> Project:
    try:
        return store.update(tx, seen, **changes)
    except Duplicate:
        raise Taken("project", f"Duplicate entry found with name {changes['name']}") from None


def _switched(tx: Transaction, ctx: Context, project: Project) -> None:
    """A project was enabled or disabled: one that is enabled has no disabled one above it."""
    if project.enabled and any(not above.enabled for above in store.above(tx, project.id)):
        raise Refused(f"Cannot enable project {project.id} since it has disabled parents")
    if not project.enabled:
        if any(below.enabled for below in store.below(tx, project.id)):
            raise Refused(f"Cannot disable project {project.id} since its subtree contains enabled projects.")
        revocations.revoke(tx, ctx, project_id=project.id)
    old, new = {"enabled": not project.enabled}, {"enabled": project.enabled}
    ledger.transition(tx, ctx, "project", project.id, old, new, project.id)


def delete(ctx: Context, project_id: str) -> None:
    """A project without projects below it; what it owns in other services is theirs to delete.

    Raises Unknown, Immutable, Refused, PolicyForbids.
    """

    def body(tx: Transaction) -> None:
        found = known_in(tx, ctx, policy.DELETE, project_id)
        if isinstance(found.project, Domain):
            domains.delete_in(tx, ctx, found.project)
            return
        attributes.deletable("project", project_id, found.project.options)
        if store.children(tx, project_id):
            raise Refused(
                f"Cannot delete the project {project_id} since it is not a leaf in the hierarchy. "
                "Use the cascade option if you want to delete a whole subtree."
            )
        assignments.remove_at(tx, "project", [project_id])
        users.forget_default_project(tx, project_id)
        store.remove(tx, [project_id])
        ledger.transition(tx, ctx, "project", project_id, {"enabled": found.project.enabled}, None, project_id)
        epoch.advance(tx)

    ctx.transact("project.delete", body)
