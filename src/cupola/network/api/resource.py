"""The routes of one kind of resource: list, make (one or many), show, change, delete; the same for all of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from cupola.base.context import Context
from cupola.base.db.paging import BadMarker
from cupola.base.errors import NotFound
from cupola.base.http.request import Request
from cupola.base.http.response import Response, created, no_content, ok
from cupola.base.http.routes import Routes
from cupola.network.api.attributes import Attributes
from cupola.network.api.listing import links, query_of
from cupola.network.errors import HTTPBadRequest
from cupola.network.model.asked import Asked
from cupola.network.model.query import Query

D = TypeVar("D")
C = TypeVar("C", covariant=True)
View = dict[str, Any]
ANY_BODY: Mapping[str, Any] = {}
"""Bodies are checked against attributes, whose refusals this API words in its own way."""


class Logic(Protocol[C]):
    """What a logic module offers of its resource; `C` is one with what is shown of it."""

    def create(self, ctx: Context, asked: Sequence[Asked]) -> Sequence[C]: ...
    def show(self, ctx: Context, id_: str) -> C: ...
    def listed(self, ctx: Context, query: Query) -> Sequence[C]: ...
    def delete(self, ctx: Context, id_: str) -> None: ...


@dataclass(frozen=True)
class Resource(Generic[D]):
    """`collection` is its name in bodies ("security_groups"), `path` in URLs ("security-groups").

    `target` is what policy is told of one, `missing` the error of an id that names none; `listed` reads a list whose
    filters are more than columns.
    """

    collection: str
    attributes: Attributes
    logic: Logic[D]
    view: Callable[[D], View]
    target: Callable[[D], Mapping[str, Any]]
    path: str
    missing: Callable[[str], NotFound]
    update: Callable[[Context, str, Asked], D] | None = None
    filters: Collection[str] = ()
    listed: Callable[[Request, Query], Sequence[D]] | None = None

    @property
    def name(self) -> str:
        return self.attributes.resource

    def shown(self, ctx: Context, detail: D, fields: Collection[str] = ()) -> View:
        """What the caller sees of one: policy may hide attributes; `fields` chooses some."""
        view = self.view(detail)
        if "project_id" in view:
            view["tenant_id"] = view["project_id"]
        target = self.target(detail)
        for name in self.attributes.secret:
            if name in view and not ctx.may(f"get_{self.name}:{name}", target):
                del view[name]
        return {name: value for name, value in view.items() if not fields or name in fields}

    def routes(self) -> Routes:
        routes = Routes()
        all_, one = f"/v2.0/{self.path}", f"/v2.0/{self.path}/{{id}}"

        @routes.get(all_ + ".json", rule=f"get_{self.name}")
        @routes.get(all_, rule=f"get_{self.name}")
        def index(request: Request) -> Response:
            query = query_of(request, self.attributes, self.filters)
            views = [self.shown(request.ctx, each) for each in self._listed(request, query)]
            fields = request.query.get("fields", ())
            body: View = {self.collection: [_chosen(view, fields) for view in views]}
            if pages := links(request, views):
                body[f"{self.collection}_links"] = pages
            return ok(body)

        @routes.post(all_, rule=f"create_{self.name}", success=201, body=ANY_BODY)
        def create(request: Request) -> Response:
            given, many = _given(request.body, self.name, self.collection)
            asked = [self.attributes.for_create(request.ctx, each) for each in given]
            made = [self.shown(request.ctx, each) for each in self.logic.create(request.ctx, asked)]
            return created({self.collection: made} if many else {self.name: made[0]})

        @routes.get(one, rule=f"get_{self.name}")
        def show(request: Request) -> Response:
            detail = self.logic.show(request.ctx, request["id"])
            return ok({self.name: self.shown(request.ctx, detail, request.query.get("fields", ()))})

        @routes.delete(one, rule=f"delete_{self.name}")
        def delete(request: Request) -> Response:
            self.logic.delete(request.ctx, request["id"])
            return no_content()

        if (change := self.update) is not None:

            @routes.put(one, rule=f"update_{self.name}", body=ANY_BODY)
            def update(request: Request) -> Response:
                asked = self.attributes.for_update(request.ctx, one_given(request.body, self.name))
                return ok({self.name: self.shown(request.ctx, change(request.ctx, request["id"], asked))})

        return routes

    def _listed(self, request: Request, query: Query) -> Sequence[D]:
        try:
            return self.listed(request, query) if self.listed else self.logic.listed(request.ctx, query)
        except BadMarker as error:
            raise self.missing(query.page.marker or "") from error


def _chosen(view: View, fields: Collection[str]) -> View:
    return {name: value for name, value in view.items() if not fields or name in fields}


def one_given(body: Any, name: str) -> Any:
    """What the body says of one resource. Raises HTTPBadRequest."""
    if not isinstance(body, dict):
        raise HTTPBadRequest("Body contains invalid data")
    if name not in body:
        raise HTTPBadRequest(f"Unable to find '{name}' in request body")
    return body[name]


def _given(body: Any, name: str, collection: str) -> tuple[list[Any], bool]:
    """What the body says of one new resource or of many, and whether it is many."""
    if not isinstance(body, dict) or collection not in body:
        return [one_given(body, name)], False
    many = body[collection]
    if not isinstance(many, list) or not many:
        raise HTTPBadRequest("Resources required")
    return [each[name] if isinstance(each, dict) and set(each) == {name} else each for each in many], True
