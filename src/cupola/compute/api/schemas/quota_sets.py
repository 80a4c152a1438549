"""What comes in for quota sets and limits, and which resources each microversion knows."""

from __future__ import annotations

from cupola.compute.api.schemas.parameters import ANY_TEXT, BOOLEAN, MOST, query, strict_since, whole

OF_NETWORK = ("fixed_ips", "floating_ips", "security_group_rules", "security_groups")
"""Counted by the network service; compute answered for them before 2.36, and there is no limit on them here."""
OF_FILES = ("injected_file_content_bytes", "injected_file_path_bytes", "injected_files")
"""Gone with 2.57."""
OTHERS = (
    "cores",
    "instances",
    "key_pairs",
    "metadata_items",
    "ram",
    "server_group_members",
    "server_groups",
)

_LIMIT = {"type": ["integer", "string"], "pattern": "^-?[0-9]+$", "minimum": -1, "maximum": MOST}


def _update(names: tuple[str, ...]) -> dict[str, object]:
    return whole("quota_set", {**dict.fromkeys(names, _LIMIT), "force": BOOLEAN})


UPDATE = {
    "2.1": _update((*OTHERS, *OF_FILES, *OF_NETWORK)),
    "2.36": _update((*OTHERS, *OF_FILES)),
    "2.57": _update(OTHERS),
}
QUERY = strict_since("2.75", {"user_id": ANY_TEXT})
DEFAULTS = {"2.1": query({}, strict=False), "2.102": query({}, strict=True)}
LIMITS = strict_since("2.75", {"tenant_id": ANY_TEXT})
