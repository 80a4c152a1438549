"""Queries of lists of servers, by the microversion that introduced each form."""

from __future__ import annotations

from cupola.compute.api.schemas.fields import Schema
from cupola.compute.api.schemas.parameters import PRIVATE

TEXT: Schema = {"type": "array", "items": {"type": "string"}}
REGEX: Schema = {"type": "array", "items": {"type": "string", "format": "regex"}}
NUMBER: Schema = {"type": "array", "items": {"type": "string", "pattern": "^[0-9]+$"}}

EXACT = (
    "user_id project_id tenant_id launch_index image_ref image vm_state task_state host uuid sort_dir all_tenants "
    "soft_deleted deleted status marker"
).split()
PATTERNS = (
    "kernel_id ramdisk_id hostname key_name power_state node flavor reservation_id launched_at terminated_at "
    "availability_zone name display_name description display_description locked_by root_device_name config_drive "
    "access_ip_v4 access_ip_v6 auto_disk_config progress ip ip6 created_at"
).split()
JOINED = "block_device_mapping services metadata system_metadata info_cache security_groups pci_devices".split()
"""Names that were once let through to the database by mistake; they are refused."""

SORT_KEYS = (
    "access_ip_v4 access_ip_v6 auto_disk_config availability_zone config_drive created_at display_description "
    "display_name host hostname image_ref instance_type_id kernel_id key_name launch_index launched_at locked_by node "
    "power_state progress project_id ramdisk_id root_device_name task_state terminated_at updated_at user_id uuid "
    "vm_state"
).split()
IGNORED_SORT_KEYS = (
    "architecture cell_name cleaned default_ephemeral_device default_swap_device deleted deleted_at disable_terminate "
    "ephemeral_gb ephemeral_key_uuid id key_data launched_on locked memory_mb os_type reservation_id root_gb "
    "shutdown_terminate user_data vcpus vm_mode"
).split()
"""Accepted and without effect until 2.75; `locked` has one since 2.73."""


def _sort_key(*names: str) -> Schema:
    return {"type": "array", "items": {"type": "string", "enum": list(names)}}


_V1: Schema = {
    "type": "object",
    "properties": {
        **dict.fromkeys([*EXACT, *JOINED], TEXT),
        **dict.fromkeys(PATTERNS, REGEX),
        "changes-since": TEXT,
        "limit": NUMBER,
        "sort_key": _sort_key(*SORT_KEYS, *IGNORED_SORT_KEYS),
    },
    "additionalProperties": True,
}


def _with(schema: Schema, closed: bool = False, **more: Schema) -> Schema:
    named = {name.replace("_", "-") if name != "sort_key" else name: value for name, value in more.items()}
    return {
        "type": "object",
        "properties": schema["properties"] | named,
        "additionalProperties": not closed,
        **PRIVATE,
    }


_V26 = _with(_V1, tags=REGEX, tags_any=REGEX, not_tags=REGEX, not_tags_any=REGEX)
_V66 = _with(_V26, changes_before=TEXT)
_V73 = _with(_V66, locked=TEXT)
_V75 = _with(_V73, closed=True, sort_key=_sort_key(*SORT_KEYS, "locked"))

LIST = {"2.1": _V1, "2.26": _V26, "2.66": _V66, "2.73": _V73, "2.75": _V75}
