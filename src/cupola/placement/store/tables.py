"""Tables of placement: providers and what they offer, consumers and what they were given.

Resource classes and traits are kept by name: the standard ones come with the libraries that define them, so that only
custom ones have rows.
"""

from __future__ import annotations

from sqlalchemy import Double

from cupola.base.db.types import Column, Id, Integer, Name, Table, Timestamp, generation, metadata

providers = Table(
    "resource_providers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Name, nullable=False, unique=True),
    Column("root_id", Id, nullable=False, index=True),
    Column("parent_id", Id, index=True),
    generation(),
    Column("created_at", Timestamp, nullable=False),
    Column("updated_at", Timestamp, nullable=False),
)

inventories = Table(
    "inventories",
    metadata,
    Column("provider_id", Id, primary_key=True),
    Column("resource_class", Name, primary_key=True),
    Column("total", Integer, nullable=False),
    Column("reserved", Integer, nullable=False),
    Column("min_unit", Integer, nullable=False),
    Column("max_unit", Integer, nullable=False),
    Column("step_size", Integer, nullable=False),
    Column("allocation_ratio", Double, nullable=False),
)

consumers = Table(
    "consumers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("project_id", Name, nullable=False, index=True),
    Column("user_id", Name, nullable=False),
    Column("type", Name),
    generation(),
    Column("created_at", Timestamp, nullable=False),
    Column("updated_at", Timestamp, nullable=False),
)

allocations = Table(
    "allocations",
    metadata,
    Column("consumer_id", Id, primary_key=True),
    Column("provider_id", Id, primary_key=True, index=True),
    Column("resource_class", Name, primary_key=True),
    Column("used", Integer, nullable=False),
)

provider_traits = Table(
    "resource_provider_traits",
    metadata,
    Column("provider_id", Id, primary_key=True),
    Column("trait", Name, primary_key=True, index=True),
)

provider_aggregates = Table(
    "resource_provider_aggregates",
    metadata,
    Column("provider_id", Id, primary_key=True),
    Column("aggregate_id", Id, primary_key=True, index=True),
)

custom_traits = Table(
    "traits",
    metadata,
    Column("name", Name, primary_key=True),
    Column("created_at", Timestamp, nullable=False),
)

custom_resource_classes = Table(
    "resource_classes",
    metadata,
    Column("name", Name, primary_key=True),
    Column("created_at", Timestamp, nullable=False),
)
