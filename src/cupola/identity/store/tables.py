"""The tables of identity. Names are unique within their domain; what clients add to a resource is kept in `extra`."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, PrimaryKeyConstraint, UniqueConstraint

from cupola.base.db.types import (
    Column,
    Id,
    Index,
    Integer,
    Json,
    Name,
    String,
    Table,
    Text,
    Timestamp,
    generation,
    metadata,
)


def _extra() -> Column[object]:
    return Column("extra", Json, nullable=False)


def _options() -> Column[object]:
    return Column("options", Json, nullable=False)


domains = Table(
    "domains",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Name, nullable=False, unique=True),
    Column("description", Text),
    Column("enabled", Boolean, nullable=False),
    Column("tags", Json, nullable=False),
    _options(),
    _extra(),
    generation(),
)

projects = Table(
    "projects",
    metadata,
    Column("id", Id, primary_key=True),
    Column("domain_id", Id, nullable=False),
    Column("parent_id", Id, nullable=False, index=True),
    Column("name", Name, nullable=False),
    Column("description", Text),
    Column("enabled", Boolean, nullable=False),
    _options(),
    _extra(),
    generation(),
    UniqueConstraint("domain_id", "name"),
)

project_tags = Table(
    "project_tags",
    metadata,
    Column("project_id", Id, nullable=False),
    Column("name", Name, nullable=False),
    PrimaryKeyConstraint("project_id", "name"),
)

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("domain_id", Id, nullable=False),
    Column("name", Name, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("default_project_id", Id),
    Column("password_hash", Text),
    _options(),
    _extra(),
    generation(),
    UniqueConstraint("domain_id", "name"),
)

user_groups = Table(
    "user_groups",
    metadata,
    Column("id", Id, primary_key=True),
    Column("domain_id", Id, nullable=False),
    Column("name", Name, nullable=False),
    Column("description", Text),
    _extra(),
    generation(),
    UniqueConstraint("domain_id", "name"),
)

group_members = Table(
    "group_members",
    metadata,
    Column("group_id", Id, nullable=False),
    Column("user_id", Id, nullable=False, index=True),
    PrimaryKeyConstraint("group_id", "user_id"),
)

roles = Table(
    "roles",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Name, nullable=False),
    Column("domain_id", Id, nullable=False, default=""),
    Column("description", Text),
    _options(),
    _extra(),
    generation(),
    UniqueConstraint("domain_id", "name"),
)
"""`domain_id` is empty for the roles of the whole cloud."""

role_implications = Table(
    "role_implications",
    metadata,
    Column("prior_id", Id, nullable=False),
    Column("implied_id", Id, nullable=False),
    PrimaryKeyConstraint("prior_id", "implied_id"),
)

role_assignments = Table(
    "role_assignments",
    metadata,
    Column("actor_type", String(8), nullable=False),
    Column("actor_id", Id, nullable=False),
    Column("target_type", String(8), nullable=False),
    Column("target_id", Id, nullable=False),
    Column("role_id", Id, nullable=False),
    Column("inherited", Boolean, nullable=False),
    PrimaryKeyConstraint("actor_id", "target_id", "role_id", "inherited", "actor_type", "target_type"),
    Index("ix_role_assignments_target_id", "target_id"),
    Index("ix_role_assignments_role_id", "role_id"),
    CheckConstraint("actor_type IN ('user', 'group')", name="ck_role_assignments_actor_type"),
    CheckConstraint("target_type IN ('project', 'domain', 'system')", name="ck_role_assignments_target_type"),
)

regions = Table(
    "catalog_regions",
    metadata,
    Column("id", Name, primary_key=True),
    Column("description", Text),
    Column("parent_region_id", Name),
    _extra(),
    generation(),
)

services = Table(
    "catalog_services",
    metadata,
    Column("id", Id, primary_key=True),
    Column("type", Name, nullable=False),
    Column("name", Name),
    Column("enabled", Boolean, nullable=False),
    _extra(),
    generation(),
)

endpoints = Table(
    "catalog_endpoints",
    metadata,
    Column("id", Id, primary_key=True),
    Column("service_id", Id, nullable=False, index=True),
    Column("region_id", Name, index=True),
    Column("interface", String(8), nullable=False),
    Column("url", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    _extra(),
    generation(),
)

revocations = Table(
    "token_revocations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("audit_id", Id, index=True),
    Column("audit_chain_id", Id, index=True),
    Column("user_id", Id, index=True),
    Column("project_id", Id, index=True),
    Column("domain_id", Id, index=True),
    Column("issued_before", Timestamp, nullable=False),
    Column("revoked_at", Timestamp, nullable=False, index=True),
)
"""A row refuses tokens that were issued at `issued_before` or earlier and match all its other columns that are set."""

epoch = Table(
    "identity_epoch",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("longest_lifetime", Integer),  # of tokens, in seconds, whatever the settings were: revocations last as long
)
"""One row, counted up by every change that may alter what a token is worth; what is remembered of tokens ends then."""
