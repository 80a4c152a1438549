"""Regions, services and endpoints."""

from __future__ import annotations

from sqlalchemy import select

from cupola.base.db import rows
from cupola.base.db.transaction import Transaction
from cupola.identity.model.catalog import CatalogService, Endpoint, Region
from cupola.identity.model.listing import ALL, Listed, Wanted
from cupola.identity.store.listing import listed
from cupola.identity.store.tables import endpoints, regions, services


def region(tx: Transaction, region_id: str) -> Region | None:
    return rows.by_id(tx, Region, regions, region_id)


def find_regions(tx: Transaction, wanted: Wanted) -> Listed[Region]:
    return listed(tx, Region, regions, select(regions), wanted)


def add_region(tx: Transaction, new: Region) -> Region:
    return rows.add(tx, regions, new)


def update_region(tx: Transaction, seen: Region, **changes: object) -> Region:
    return rows.update(tx, regions, seen, **changes)


def remove_region(tx: Transaction, region_id: str) -> None:
    rows.remove(tx, regions, regions.c.id == region_id)


def service(tx: Transaction, service_id: str) -> CatalogService | None:
    return rows.by_id(tx, CatalogService, services, service_id)


def find_services(tx: Transaction, wanted: Wanted = ALL) -> Listed[CatalogService]:
    return listed(tx, CatalogService, services, select(services), wanted)


def add_service(tx: Transaction, new: CatalogService) -> CatalogService:
    return rows.add(tx, services, new)


def update_service(tx: Transaction, seen: CatalogService, **changes: object) -> CatalogService:
    return rows.update(tx, services, seen, **changes)


def remove_service(tx: Transaction, service_id: str) -> None:
    """The service with its endpoints."""
    rows.remove(tx, endpoints, endpoints.c.service_id == service_id)
    rows.remove(tx, services, services.c.id == service_id)


def endpoint(tx: Transaction, endpoint_id: str) -> Endpoint | None:
    return rows.by_id(tx, Endpoint, endpoints, endpoint_id)


def find_endpoints(tx: Transaction, wanted: Wanted = ALL) -> Listed[Endpoint]:
    return listed(tx, Endpoint, endpoints, select(endpoints), wanted)


def add_endpoint(tx: Transaction, new: Endpoint) -> Endpoint:
    return rows.add(tx, endpoints, new)


def update_endpoint(tx: Transaction, seen: Endpoint, **changes: object) -> Endpoint:
    return rows.update(tx, endpoints, seen, **changes)


def remove_endpoint(tx: Transaction, endpoint_id: str) -> None:
    rows.remove(tx, endpoints, endpoints.c.id == endpoint_id)
