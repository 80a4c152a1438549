"""What goes out of role assignments and of what roles imply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cupola.base.http.request import Request
from cupola.identity.api.collections import link
from cupola.identity.logic.assignments import Names
from cupola.identity.model.assignment import Assignment
from cupola.identity.model.effective import Listing
from cupola.identity.model.role import Role

View = dict[str, Any]


def assignment(request: Request, listing: Listing, names: Names) -> View:
    shown, given = listing.shown, listing.given
    scope: View = {"system": {"all": True}}
    if shown.target_type != "system":
        scope = {shown.target_type: _named(shown.target_type, shown.target_id, names)}
    if given.inherited:
        scope["OS-INHERIT:inherited_to"] = "projects"
    return {
        "links": _links(request, listing),
        "scope": scope,
        shown.actor_type: _named(shown.actor_type, shown.actor_id, names),
        "role": _named("role", shown.role_id, names),
    }


def _links(request: Request, listing: Listing) -> View:
    links = {"assignment": link(request, _path(listing.given, listing.prior_role_id or listing.given.role_id))}
    if listing.membership is not None:
        links["membership"] = link(request, "groups", listing.membership, "users", listing.shown.actor_id)
    if listing.prior_role_id is not None:
        links["prior_role"] = link(request, "prior_role", listing.shown.role_id, "implies", listing.prior_role_id)
    return links


def _path(given: Assignment, role_id: str) -> str:
    where = "system" if given.target_type == "system" else f"{given.target_type}s/{given.target_id}"
    path = f"{where}/{given.actor_type}s/{given.actor_id}/roles/{role_id}"
    return f"OS-INHERIT/{path}/inherited_to_projects" if given.inherited else path


def _named(kind: str, identity: str, names: Names) -> View:
    known = names.get((kind, identity))
    if known is None:
        return {"id": identity}
    view: View = {"id": identity, "name": known.name}
    if known.domain_id is not None:
        view["domain"] = _named("domain", known.domain_id, names)
    return view


def implying_role(request: Request, role: Role) -> View:
    return {"id": role.id, "links": {"self": link(request, "roles", role.id)}, "name": role.name}


def inference(request: Request, prior: Role, implied: Role | Sequence[Role]) -> View:
    if isinstance(implied, Role):
        return {"prior_role": implying_role(request, prior), "implies": implying_role(request, implied)}
    return {"prior_role": implying_role(request, prior), "implies": [implying_role(request, r) for r in implied]}
