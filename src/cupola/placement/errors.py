"""What placement refuses, with the codes that its API gives."""

from __future__ import annotations

from cupola.base.errors import BadInput, Conflict, NotFound


class ProviderNotFound(NotFound):
    def __init__(self, provider_id: str) -> None:
        super().__init__(f"No resource provider with uuid {provider_id} found")
        self.provider_id = provider_id


class ConcurrentUpdate(Conflict):
    """The generation that the caller knows is not the present one."""

    code = "placement.concurrent_update"


class CapacityExceeded(Conflict):
    """A provider cannot give as much as was asked for."""

    def __init__(self, provider_id: str, resource_class: str, asked: int, free: int) -> None:
        super().__init__(
            f"Unable to allocate inventory: {asked} {resource_class} of resource provider {provider_id} would exceed "
            f"its capacity; {max(free, 0)} are free."
        )
        self.provider_id, self.resource_class, self.asked, self.free = provider_id, resource_class, asked, free


class AmountForbidden(Conflict):
    """The amount is not one that a single consumer may have."""

    def __init__(self, provider_id: str, resource_class: str, asked: int) -> None:
        super().__init__(
            f"Unable to allocate inventory: {asked} {resource_class} violates the minimum, maximum or step size of "
            f"resource provider {provider_id}."
        )


class InventoryMissing(Conflict):
    """A provider has no inventory of a resource class."""

    def __init__(self, provider_id: str, resource_class: str) -> None:
        super().__init__(
            f"Unable to allocate inventory: resource provider {provider_id} has no inventory of class {resource_class}."
        )


class InventoryInUse(Conflict):
    """An inventory with allocations cannot go."""

    code = "placement.inventory.inuse"

    def __init__(self, provider_id: str, resource_classes: str) -> None:
        super().__init__(f"Inventory for '{resource_classes}' on resource provider '{provider_id}' in use.")


class InvalidInventory(BadInput):
    """An inventory contradicts itself."""
