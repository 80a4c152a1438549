"""Which projects may use a private flavor."""

from __future__ import annotations

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.errors import Conflict, NotFound
from cupola.compute.logic.flavors import find_in
from cupola.compute.store import flavors as store


class PublicFlavor(NotFound):
    """All may use it: there is no list of those who may."""

    def __init__(self) -> None:
        super().__init__("Access list not available for public flavors.")


class AccessRefused(Conflict):
    """The access is there already, or cannot be given."""


class AccessNotFound(NotFound):
    def __init__(self, flavor_id: str, project_id: str) -> None:
        super().__init__(f"Flavor access not found for {flavor_id} / {project_id} combination.")


def listed(ctx: Context, flavor_id: str) -> list[str]:
    """The projects that may use a private flavor. Raises FlavorNotFound or PublicFlavor."""

    def read(tx: Transaction) -> list[str]:
        if find_in(tx, ctx, flavor_id).is_public:
            raise PublicFlavor
        return store.projects_of(tx, flavor_id)

    return ctx.read("flavor.access", read)


def give(ctx: Context, flavor_id: str, project_id: str, only_private: bool) -> list[str]:
    """Let a project use a flavor; returns all that may. Raises FlavorNotFound or AccessRefused."""

    def write(tx: Transaction) -> list[str]:
        if find_in(tx, ctx, flavor_id).is_public and only_private:
            raise AccessRefused("Can not add access to a public flavor.")
        if project_id in store.projects_of(tx, flavor_id):
            raise AccessRefused(f"Flavor access already exists for flavor {flavor_id} and project {project_id}.")
        store.give(tx, flavor_id, project_id)
        return store.projects_of(tx, flavor_id)

    return ctx.transact("flavor.give", write)


def take_away(ctx: Context, flavor_id: str, project_id: str) -> list[str]:
    """No longer let a project use a flavor; returns those that may. Raises FlavorNotFound or AccessNotFound."""

    def write(tx: Transaction) -> list[str]:
        find_in(tx, ctx, flavor_id)
        if not store.take_away(tx, flavor_id, project_id):
            raise AccessNotFound(flavor_id, project_id)
        return store.projects_of(tx, flavor_id)

    return ctx.transact("flavor.take_away", write)
