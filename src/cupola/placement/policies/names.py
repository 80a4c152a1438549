"""Policies of the names that all share: traits and resource classes."""

from __future__ import annotations

from cupola.placement.policies.access import rule

TRAIT_LIST = "placement:traits:list"
TRAIT_SHOW = "placement:traits:show"
TRAIT_UPDATE = "placement:traits:update"
TRAIT_DELETE = "placement:traits:delete"
CLASS_LIST = "placement:resource_classes:list"
CLASS_CREATE = "placement:resource_classes:create"
CLASS_SHOW = "placement:resource_classes:show"
CLASS_UPDATE = "placement:resource_classes:update"
CLASS_DELETE = "placement:resource_classes:delete"

RULES = (
    rule("traits:list", "List traits.", "GET /traits"),
    rule("traits:show", "Ask whether there is a trait.", "GET /traits/{name}"),
    rule("traits:update", "Make a custom trait.", "PUT /traits/{name}"),
    rule("traits:delete", "Remove a custom trait.", "DELETE /traits/{name}"),
    rule("resource_classes:list", "List resource classes.", "GET /resource_classes"),
    rule("resource_classes:create", "Make a custom resource class.", "POST /resource_classes"),
    rule("resource_classes:show", "See a resource class.", "GET /resource_classes/{name}"),
    rule("resource_classes:update", "Make or rename a custom resource class.", "PUT /resource_classes/{name}"),
    rule("resource_classes:delete", "Remove a custom resource class.", "DELETE /resource_classes/{name}"),
)
