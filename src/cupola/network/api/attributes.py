"""Attributes of resources: one declaration says what may be given, changed, filtered, sorted by and seen.

A body is read against the declarations of its resource; a refusal names the attribute and the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cupola.base.context import Context
from cupola.network.api.checks import Check, Wrong, anything, boolean, moment, text, words
from cupola.network.errors import HTTPBadRequest
from cupola.network.model.asked import Asked


class _Required:
    """A new resource must be given this attribute."""


REQUIRED = _Required()


@dataclass(frozen=True)
class Attribute:
    """`post`, `put`: whether it may be given. `rule`: giving another value than the default needs a policy rule of
    its own, and so do the `parts` inside it. `secret`: seeing it needs one. `column`: the row's column to filter and
    sort by, "" for none; `constant`: it always has this value. `parse` reads a filter's text.
    """

    name: str
    check: Check = anything
    default: Any = None
    post: bool = True
    put: bool = True
    rule: bool = False
    parts: tuple[str, ...] = ()
    secret: bool = False
    column: str = ""
    constant: Any = None
    parse: Check = str


def read_only(name: str, column: str = "", **more: Any) -> Attribute:
    """An attribute that the service alone sets."""
    return Attribute(name, post=False, put=False, column=column, **more)


ID = read_only("id", "id")
NAME = Attribute("name", text(), "", column="name")
DESCRIPTION = Attribute("description", text(), "", column="description")
PROJECT = Attribute("project_id", words(), put=False, column="project_id")
ADMIN_STATE = Attribute("admin_state_up", boolean, True, column="admin_state_up", parse=boolean)
STANDARD = (
    read_only("created_at", "created_at", parse=moment),
    read_only("updated_at", "updated_at", parse=moment),
    read_only("revision_number", "generation", parse=int),
    read_only("tags"),
)


@dataclass(frozen=True)
class Attributes:
    """The attributes of one kind of resource, by its singular name ("network")."""

    resource: str
    declared: tuple[Attribute, ...]

    def named(self, name: str) -> Attribute | None:
        wanted = "project_id" if name == "tenant_id" else name
        return next((each for each in self.declared if each.name == wanted), None)

    @property
    def secret(self) -> Iterable[str]:
        return [each.name for each in self.declared if each.secret]

    def for_create(self, ctx: Context, given: Any) -> Asked:
        """What is asked of a new resource: all attributes that may be given. Raises HTTPBadRequest, InvalidInput."""
        given = self._known(given)
        for attribute in self.declared:
            if attribute.name in given and not attribute.post:
                raise HTTPBadRequest(f"Attribute '{attribute.name}' not allowed in POST")
        for attribute in self.declared:
            if attribute.default is REQUIRED and attribute.name not in given:
                raise HTTPBadRequest(f"Failed to parse request. Required attribute '{attribute.name}' not specified")
        values = {each.name: each.default for each in self.declared if each.post} | self._checked(given)
        values["project_id"] = self._project(ctx, given)
        return Asked(values, tuple(self._rules("create", given, values)))

    def for_update(self, ctx: Context, given: Any) -> Asked:
        """What is to change. Raises HTTPBadRequest, InvalidInput."""
        given = self._known(given)
        self._project(ctx, given)
        for attribute in self.declared:
            if attribute.name in given and not attribute.put:
                shown = "tenant_id" if attribute is PROJECT else attribute.name
                raise HTTPBadRequest(f"Cannot update read-only attribute {shown}")
        values = self._checked(given)
        return Asked(values, tuple(self._rules("update", given, values)))

    def _known(self, given: Any) -> dict[str, Any]:
        if not isinstance(given, dict):
            raise HTTPBadRequest(f"Object '{self.resource}' contains invalid data")
        known = {str(name): value for name, value in given.items()}
        if "tenant_id" in known:
            if known.get("project_id", known["tenant_id"]) != known["tenant_id"]:
                raise HTTPBadRequest("'project_id' and 'tenant_id' do not match")
            known["project_id"] = known.pop("tenant_id")
        names = {each.name for each in self.declared}
        if unknown := [name for name in known if name not in names]:
            raise HTTPBadRequest(f"Unrecognized attribute(s) '{', '.join(unknown)}'")
        return known

    def _checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        values = {}
        for attribute in self.declared:
            if attribute.name not in given:
                continue
            try:
                values[attribute.name] = attribute.check(given[attribute.name])
            except Wrong as error:
                raise HTTPBadRequest(f"Invalid input for {attribute.name}. Reason: {error}.") from error
        return values

    def _project(self, ctx: Context, given: Mapping[str, Any]) -> str:
        own = ctx.project_id or ""
        wanted = str(given.get("project_id", own))
        if wanted != own and not ctx.may("context_is_admin", {}):
            raise HTTPBadRequest(
                "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires "
                "admin privileges"
            )
        return wanted

    def _rules(self, verb: str, given: Mapping[str, Any], values: Mapping[str, Any]) -> Iterable[str]:
        for attribute in self.declared:
            value = values.get(attribute.name)
            explicit = attribute.name in given and (verb == "update" or value != attribute.default)
            if not attribute.rule or not explicit:
                continue
            yield f"{verb}_{self.resource}:{attribute.name}"
            inside = value if isinstance(value, list) else [value]
            for part in attribute.parts:
                if any(isinstance(each, dict) and part in each for each in inside):
                    yield f"{verb}_{self.resource}:{attribute.name}:{part}"
