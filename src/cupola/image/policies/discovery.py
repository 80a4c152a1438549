"""Who may see what the image service offers."""

from __future__ import annotations

from cupola.base.policy import Rule

DISCOVER = "image_discovery"
STORES_DETAIL = "stores_info_detail"
TASKS = "tasks_api_access"

RULES = (
    Rule(DISCOVER, "", "See schemas, import methods, stores and one's usage.", (
        ("GET", "/v2/info/import"), ("GET", "/v2/info/stores"), ("GET", "/v2/info/usage"),
        ("GET", "/v2/schemas/{name}"),
    ), scope_types=()),
    Rule(STORES_DETAIL, "rule:context_is_admin", "See where and how stores keep bytes.",
         (("GET", "/v2/info/stores/detail"),)),
    Rule(TASKS, "rule:context_is_admin", "See tasks.", (("GET", "/v2/tasks"),)),
)  # fmt: skip
