"""Security groups: `/v2.0/security-groups`."""

from __future__ import annotations

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
from cupola.network.api.checks import boolean, text
from cupola.network.api.resource import Resource
from cupola.network.api.views.security_groups import security_group
from cupola.network.errors import SecurityGroupNotFound
from cupola.network.logic import security_groups as logic
from cupola.network.logic.scope import owned

ATTRIBUTES = Attributes(
    "security_group",
    (
        ID,
        Attribute("name", text(), REQUIRED, column="name"),
        DESCRIPTION,
        PROJECT,
        Attribute("stateful", boolean, True, column="stateful", parse=boolean),
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
