"""Security groups: what may reach the ports that have them, and what these may reach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

DEFAULT_NAME = "default"


@dataclass(frozen=True)
class SecurityGroup:
    id: str
    generation: int
    project_id: str
    name: str
    description: str
    created_at: datetime
    updated_at: datetime
    default_of: str | None


@dataclass(frozen=True)
class Rule:
    """What is allowed; without any rule nothing is."""

    id: str
    security_group_id: str
    project_id: str
    description: str | None
    direction: str
    ethertype: str
    protocol: str | None
    port_range_min: int | None
    port_range_max: int | None
    remote_ip_prefix: str | None
    remote_group_id: str | None
    created_at: datetime


@dataclass(frozen=True)
class SecurityGroupDetail:
    group: SecurityGroup
    rules: tuple[Rule, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class RuleDetail:
    rule: Rule
    group_project_id: str
    of_default: bool
