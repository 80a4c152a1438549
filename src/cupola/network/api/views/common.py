"""What every resource shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cupola.base.clock import iso


def standard(created_at: datetime, updated_at: datetime, revision: int, tags: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "tags": list(tags),
        "created_at": iso(created_at),
        "updated_at": iso(updated_at),
        "revision_number": revision,
    }
