"""Resource providers: made, renamed, moved within and between trees, removed; and listed by what they have."""

from __future__ import annotations

from dataclasses import dataclass

from cupola.base.context import Context
from cupola.base.db.transaction import Duplicate, Transaction
from cupola.base.errors import BadInput, Conflict
from cupola.placement.errors import ProviderNotFound
from cupola.placement.logic.names import NoSuchResourceClass, check_classes, unknown_traits
from cupola.placement.model.forest import Forest, Node
from cupola.placement.model.provider import Provider
from cupola.placement.model.request import Group
from cupola.placement.store import allocations, forest, providers


class NameTaken(Conflict):
    code = "placement.duplicate_name"


class ProviderInUse(Conflict):
    code = "placement.resource_provider.inuse"


class ParentCannotGo(Conflict):
    code = "placement.resource_provider.cannot_delete_parent"


class InvalidProvider(BadInput):
    """It cannot hang where it was asked to."""


class InvalidFilter(BadInput):
    """A list was asked for by what does not exist."""


KEEP = object()
"""For `update`: the parent stays as it is."""


@dataclass(frozen=True)
class ProviderFilter:
    """Which providers are listed; `group` are the conditions on what they have."""

    name: str | None = None
    id: str | None = None
    in_tree: str | None = None
    group: Group | None = None


def find_in(tx: Transaction, provider_id: str, lock: bool = False) -> Provider:
    """Raises ProviderNotFound."""
    provider = providers.find(tx, provider_id, lock)
    if provider is None:
        raise ProviderNotFound(provider_id)
    return provider


def find(ctx: Context, provider_id: str) -> Provider:
    """Raises ProviderNotFound."""
    return ctx.read("resource_provider.show", lambda tx: find_in(tx, provider_id))


def listed(ctx: Context, wanted: ProviderFilter) -> list[Provider]:
    """The providers that meet a filter, by name. Raises InvalidFilter."""

    def read(tx: Transaction) -> list[Provider]:
        group = wanted.group or Group(granular=True)
        check_group(tx, group)
        all_of_them = forest.read(tx)
        return [node.provider for node in all_of_them.nodes.values() if _meets(node, wanted, group, all_of_them)]

    return ctx.read("resource_provider.list", read)


def check_group(tx: Transaction, group: Group) -> None:
    """Raises InvalidFilter when a resource class or trait that a group names does not exist."""
    try:
        check_classes(tx, group.resources)
    except NoSuchResourceClass as error:
        raise InvalidFilter(f"Invalid resource class in resources parameter: {error}") from error
    if missing := unknown_traits(tx, {name for any_of in group.required for name in any_of} | group.forbidden):
        raise InvalidFilter(f"No such trait(s): {', '.join(sorted(missing))}.")


def _meets(node: Node, wanted: ProviderFilter, group: Group, all_of_them: Forest) -> bool:
    if wanted.in_tree is not None:
        named = all_of_them.nodes.get(wanted.in_tree)
        if named is None or named.provider.root_id != node.provider.root_id:
            return False
    return (
        wanted.name in (None, node.provider.name)
        and wanted.id in (None, node.id)
        and group.admits(node, all_of_them)
        and group.satisfied_by(node.traits)
        and node.grants(group.resources)
    )


def create(ctx: Context, name: str, provider_id: str, parent_id: str | None) -> Provider:
    """Raises NameTaken or InvalidProvider."""

    def write(tx: Transaction) -> Provider:
        root_id = provider_id
        if parent_id is not None:
            root_id = _parent(tx, parent_id, f'Unable to create resource provider "{name}", {provider_id}').root_id
        if providers.named(tx, name) is not None:
            raise NameTaken(f"Conflicting resource provider name: {name} already exists.")
        if providers.find(tx, provider_id) is not None:
            raise NameTaken(f"Conflicting resource provider uuid: {provider_id} already exists.")
        return providers.insert_provider(tx, Provider(provider_id, name, root_id, parent_id, 0, tx.now, tx.now))

    return ctx.transact("resource_provider.create", write)


def _parent(tx: Transaction, parent_id: str, attempt: str) -> Provider:
    parent = providers.find(tx, parent_id)
    if parent is None:
        raise InvalidProvider(f"{attempt}: parent provider UUID {parent_id} does not exist.")
    return parent


def update(ctx: Context, provider_id: str, name: str, parent_id: object = KEEP, may_move: bool = False) -> Provider:
    """Rename a provider, or hang it under another parent: once only, unless it `may_move`.

    Raises ProviderNotFound, NameTaken or InvalidProvider.
    """

    def write(tx: Transaction) -> Provider:
        provider = find_in(tx, provider_id, lock=True)
        parent = provider.parent_id if parent_id is KEEP else parent_id
        assert parent is None or isinstance(parent, str)  # noqa: S101 - KEEP is no parent
        root_id = provider.root_id if parent == provider.parent_id else _new_root(tx, provider, parent, may_move)
        try:
            with tx.savepoint():
                return providers.place(tx, provider, name, root_id, parent)
        except Duplicate as error:
            raise NameTaken(f"Conflicting resource provider {name} already exists.") from error

    return ctx.transact("resource_provider.update", write)


def _new_root(tx: Transaction, provider: Provider, parent_id: str | None, may_move: bool) -> str:
    attempt = f"Unable to save resource provider {provider.id}"
    if provider.parent_id is not None and not may_move:
        raise InvalidProvider(f"{attempt}: re-parenting a provider is not currently allowed.")
    if parent_id is None:
        return provider.id
    parent = _parent(tx, parent_id, attempt)
    if parent.root_id == provider.root_id and provider.id in forest.read(tx).ancestors(parent_id):
        raise InvalidProvider(f"{attempt}: creating loop in the provider tree is not allowed.")
    return parent.root_id


def delete(ctx: Context, provider_id: str) -> None:
    """Raises ProviderNotFound, ProviderInUse or ParentCannotGo."""

    def write(tx: Transaction) -> None:
        provider = find_in(tx, provider_id, lock=True)
        if providers.has_children(tx, provider.id):
            raise ParentCannotGo(
                f"Unable to delete parent resource provider {provider.id}: It has child resource providers."
            )
        if allocations.given_by(tx, provider.id):
            raise ProviderInUse(f"Unable to delete resource provider {provider.id}: Resource provider has allocations.")
        providers.remove_provider(tx, provider.id)

    ctx.transact("resource_provider.delete", write)
