"""What goes out of each resource: the attributes that clients added come first, links last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cupola.base.clock import iso_micro
from cupola.base.http.request import Request
from cupola.identity.api.collections import link
from cupola.identity.logic.projects import Found
from cupola.identity.model.catalog import CatalogService, Endpoint, Region
from cupola.identity.model.domain import Domain
from cupola.identity.model.group import Group
from cupola.identity.model.project import Project
from cupola.identity.model.revocation import Revocation
from cupola.identity.model.role import Role
from cupola.identity.model.user import User

View = dict[str, Any]


def _linked(request: Request, plural: str, resource_id: str, extra: Mapping[str, Any], **attributes: Any) -> View:
    self_link = {"self": link(request, plural, resource_id)}
    return {**extra, "id": resource_id, **attributes, "links": self_link}


def user(request: Request, shown: User) -> View:
    project = {} if shown.default_project_id is None else {"default_project_id": shown.default_project_id}
    return _linked(
        request,
        "users",
        shown.id,
        shown.extra,
        name=shown.name,
        domain_id=shown.domain_id,
        enabled=shown.enabled,
        **project,
        password_expires_at=None,
        options=shown.options,
    )


def project(request: Request, found: Found) -> View:
    shown = found.project
    place: View = {"domain_id": None, "parent_id": None, "is_domain": True}
    if isinstance(shown, Project):
        place = {"domain_id": shown.domain_id, "parent_id": shown.parent_id, "is_domain": False}
    return _linked(
        request,
        "projects",
        shown.id,
        shown.extra,
        name=shown.name,
        description=shown.description,
        enabled=shown.enabled,
        **place,
        tags=list(found.tags),
        options=shown.options,
    )


def domain(request: Request, shown: Domain) -> View:
    return _linked(
        request,
        "domains",
        shown.id,
        shown.extra,
        name=shown.name,
        description=shown.description,
        enabled=shown.enabled,
        tags=list(shown.tags),
        options=shown.options,
    )


def group(request: Request, shown: Group) -> View:
    return _linked(
        request,
        "groups",
        shown.id,
        shown.extra,
        name=shown.name,
        domain_id=shown.domain_id,
        description=shown.description,
    )


def role(request: Request, shown: Role) -> View:
    return _linked(
        request,
        "roles",
        shown.id,
        shown.extra,
        name=shown.name,
        domain_id=shown.domain_id or None,
        description=shown.description,
        options=shown.options,
    )


def region(request: Request, shown: Region) -> View:
    return _linked(
        request,
        "regions",
        shown.id,
        shown.extra,
        description=shown.description,
        parent_region_id=shown.parent_region_id,
    )


def service(request: Request, shown: CatalogService) -> View:
    return _linked(
        request, "services", shown.id, shown.extra, name=shown.name or "", type=shown.type, enabled=shown.enabled
    )


def endpoint(request: Request, shown: Endpoint) -> View:
    return _linked(
        request,
        "endpoints",
        shown.id,
        shown.extra,
        interface=shown.interface,
        region_id=shown.region_id,
        service_id=shown.service_id,
        url=shown.url,
        enabled=shown.enabled,
        region=shown.region_id,
    )


def revocation(shown: Revocation) -> View:
    named = ("audit_id", "audit_chain_id", "user_id", "project_id", "domain_id")
    view = {name: getattr(shown, name) for name in named if getattr(shown, name) is not None}
    return view | {"issued_before": iso_micro(shown.issued_before), "revoked_at": iso_micro(shown.revoked_at)}
