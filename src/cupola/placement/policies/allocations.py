"""Policies of allocations, candidates for them, usages, and the reshaper."""

from __future__ import annotations

from cupola.base.policy import Rule
from cupola.placement.policies.access import rule

MANAGE = "placement:allocations:manage"
LIST = "placement:allocations:list"
UPDATE = "placement:allocations:update"
DELETE = "placement:allocations:delete"
CANDIDATES = "placement:allocation_candidates:list"
USAGES = "placement:usages"
RESHAPE = "placement:reshaper:reshape"

ONE = "/allocations/{consumer_uuid}"

RULES = (
    rule("allocations:manage", "Change the allocations of several consumers.", "POST /allocations"),
    rule("allocations:list", "See what a consumer holds.", f"GET {ONE}"),
    rule("allocations:update", "Change what a consumer holds.", f"PUT {ONE}"),
    rule("allocations:delete", "Take from a consumer all it holds.", f"DELETE {ONE}"),
    rule("allocation_candidates:list", "Ask who could give resources.", "GET /allocation_candidates"),
    Rule(
        USAGES,
        "rule:admin_or_project_reader_or_service_api",
        "See how much a project uses.",
        (("GET", "/usages"),),
    ),
    Rule(RESHAPE, "role:service", "Move inventories and allocations at once.", (("POST", "/reshaper"),)),
)
