"""Allocations: what a consumer was given of a provider, and who the consumer is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Allocation:
    """How much of one resource class a consumer was given by one provider."""

    consumer_id: str
    provider_id: str
    resource_class: str
    used: int


@dataclass(frozen=True)
class Consumer:
    """Who holds allocations: a server, for instance. It exists as long as it holds any."""

    id: str
    project_id: str
    user_id: str
    type: str | None
    generation: int
    created_at: datetime
    updated_at: datetime
