"""The catalog as tokens carry it: enabled services with their enabled endpoints, for one user and project."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cupola.base.db.transaction import Transaction
from cupola.identity.model.catalog import Endpoint
from cupola.identity.store import catalog as store

_PLACEHOLDER = re.compile(r"[$%]\(([a-z_]+)\)s")


def catalog(tx: Transaction, user_id: str, project_id: str | None) -> list[dict[str, Any]]:
    """The catalog in the form of the API. Endpoints whose URL calls for a project are left out if there is none."""
    values = {"user_id": user_id}
    if project_id is not None:
        values |= {"project_id": project_id, "tenant_id": project_id}
    shown: dict[str, list[dict[str, Any]]] = {}
    for endpoint in store.find_endpoints(tx).rows:
        url = filled(endpoint.url, values)
        if endpoint.enabled and url is not None:
            shown.setdefault(endpoint.service_id, []).append(_endpoint(endpoint, url))
    return [
        {"endpoints": shown.get(service.id, []), "id": service.id, "type": service.type, "name": service.name or ""}
        for service in store.find_services(tx).rows
        if service.enabled
    ]


def filled(url: str, values: Mapping[str, str]) -> str | None:
    """The URL with `$(name)s` or `%(name)s` replaced; None when a value for one of them is lacking."""
    if any(name not in values for name in _PLACEHOLDER.findall(url)):
        return None
    return _PLACEHOLDER.sub(lambda found: values[found[1]], url)


def _endpoint(endpoint: Endpoint, url: str) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "interface": endpoint.interface,
        "region_id": endpoint.region_id,
        "url": url,
        "region": endpoint.region_id,
    }
