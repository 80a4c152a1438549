"""What compute counts, and how much a project may have of it."""

from __future__ import annotations

from cupola.base.quota import Limit, Limits

LIMITS = (
    Limit("compute.instances", 10),
    Limit("compute.cores", 20),
    Limit("compute.ram", 51200),
    Limit("compute.key_pairs", 100),
    Limit("compute.metadata_items", 128),
    Limit("compute.server_groups", 10),
    Limit("compute.server_group_members", 10),
    Limit("compute.injected_files", 5),
    Limit("compute.injected_file_content_bytes", 10240),
    Limit("compute.injected_file_path_bytes", 255),
)
LIMITS_OF = Limits(LIMITS)

COUNTED = frozenset(("instances", "cores", "ram", "server_groups"))
"""Those of which a project's use is counted; the others bound a single request, server or user."""
