"""Policies of resource providers and of what belongs to one."""

from __future__ import annotations

from cupola.placement.policies.access import rule

PROVIDERS, PROVIDER = "/resource_providers", "/resource_providers/{uuid}"

LIST = "placement:resource_providers:list"
CREATE = "placement:resource_providers:create"
SHOW = "placement:resource_providers:show"
UPDATE = "placement:resource_providers:update"
DELETE = "placement:resource_providers:delete"
INVENTORY_LIST = "placement:resource_providers:inventories:list"
INVENTORY_CREATE = "placement:resource_providers:inventories:create"
INVENTORY_SHOW = "placement:resource_providers:inventories:show"
INVENTORY_UPDATE = "placement:resource_providers:inventories:update"
INVENTORY_DELETE = "placement:resource_providers:inventories:delete"
AGGREGATE_LIST = "placement:resource_providers:aggregates:list"
AGGREGATE_UPDATE = "placement:resource_providers:aggregates:update"
TRAIT_LIST = "placement:resource_providers:traits:list"
TRAIT_UPDATE = "placement:resource_providers:traits:update"
TRAIT_DELETE = "placement:resource_providers:traits:delete"
ALLOCATION_LIST = "placement:resource_providers:allocations:list"
USAGES = "placement:resource_providers:usages"


INVENTORIES, INVENTORY = f"{PROVIDER}/inventories", f"{PROVIDER}/inventories/{{resource_class}}"

RULES = (
    rule("resource_providers:list", "List resource providers.", f"GET {PROVIDERS}"),
    rule("resource_providers:create", "Make a resource provider.", f"POST {PROVIDERS}"),
    rule("resource_providers:show", "See a resource provider.", f"GET {PROVIDER}"),
    rule("resource_providers:update", "Rename or move a resource provider.", f"PUT {PROVIDER}"),
    rule("resource_providers:delete", "Remove a resource provider.", f"DELETE {PROVIDER}"),
    rule("resource_providers:inventories:list", "See all that a provider has.", f"GET {INVENTORIES}"),
    rule("resource_providers:inventories:create", "Add an inventory.", f"POST {INVENTORIES}"),
    rule("resource_providers:inventories:show", "See one inventory.", f"GET {INVENTORY}"),
    rule("resource_providers:inventories:update", "Change inventories.", f"PUT {INVENTORIES}", f"PUT {INVENTORY}"),
    rule(
        "resource_providers:inventories:delete", "Remove inventories.", f"DELETE {INVENTORIES}", f"DELETE {INVENTORY}"
    ),
    rule("resource_providers:aggregates:list", "See the aggregates of a provider.", f"GET {PROVIDER}/aggregates"),
    rule("resource_providers:aggregates:update", "Put a provider into aggregates.", f"PUT {PROVIDER}/aggregates"),
    rule("resource_providers:traits:list", "See the traits of a provider.", f"GET {PROVIDER}/traits"),
    rule("resource_providers:traits:update", "Set the traits of a provider.", f"PUT {PROVIDER}/traits"),
    rule("resource_providers:traits:delete", "Take all traits from a provider.", f"DELETE {PROVIDER}/traits"),
    rule("resource_providers:allocations:list", "See what a provider gave away.", f"GET {PROVIDER}/allocations"),
    rule("resource_providers:usages", "See how much of a provider is used.", f"GET {PROVIDER}/usages"),
)
