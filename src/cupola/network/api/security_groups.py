"""Security groups: `/v2.0/security-groups`."""

from __future__ import annotations

from typing import Any

from cupola.network.api.attributes import (
    DESCRIPTION,
    ID,
    PROJECT,
    REQUIRED,
    STANDARD,
    Attribute,
    Attributes,
    read_only,
)
from cupola.network.api.checks import Wrong, boolean, text
from cupola.network.api.resource import Resource
from cupola.network.api.views.security_groups import security_group
from cupola.network.errors import SecurityGroupNotFound
from cupola.network.logic import security_groups as logic
from cupola.network.logic.scope import owned


def _stateful(value: Any) -> bool:
    """Hosts know replies by their state; groups that do not want that cannot be had."""
    if not boolean(value):
        raise Wrong("stateless security groups are not supported")
    return True


ATTRIBUTES = Attributes(
    "security_group",
    (
        ID,
        Attribute("name", text(), REQUIRED, column="name"),
        DESCRIPTION,
        PROJECT,
        Attribute("stateful", _stateful, True, constant=True, parse=boolean),
        read_only("shared", constant=False, parse=boolean),
        read_only("security_group_rules"),
        *STANDARD,
    ),
)

SECURITY_GROUPS = Resource(
    "security_groups",
    ATTRIBUTES,
    logic,
    security_group,
    lambda detail: owned(detail.group.project_id),
    "security-groups",
    SecurityGroupNotFound,
    update=logic.update,
)
routes = SECURITY_GROUPS.routes()
