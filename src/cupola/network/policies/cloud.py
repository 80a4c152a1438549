"""Who may see and set what belongs to the cloud as a whole: quotas, agents, zones, extensions."""

from __future__ import annotations

from cupola.base.policy import Rule
from cupola.network.policies.common import ADMIN, ANY_READER, MANAGER

_QUOTA, _AGENT = "/quotas/{id}", "/agents/{id}"

RULES: tuple[Rule, ...] = (
    Rule("get_quota", MANAGER, "See a project's quota.", (("GET", "/quotas"), ("GET", _QUOTA))),
    Rule("update_quota", ADMIN, "Set a project's quota.", (("PUT", _QUOTA),)),
    Rule("delete_quota", ADMIN, "Give a project the default quota again.", (("DELETE", _QUOTA),)),
    Rule("get_agent", ADMIN, "See agents.", (("GET", "/agents"), ("GET", _AGENT))),
    Rule("get_availability_zone", ANY_READER, "See availability zones.", (("GET", "/availability_zones"),)),
    Rule("get_service_provider", ANY_READER, "See service providers.", (("GET", "/service-providers"),)),
)
