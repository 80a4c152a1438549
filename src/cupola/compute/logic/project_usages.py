"""What projects used: the hours that their servers, deleted ones too, were there."""

from __future__ import annotations

from cupola.base.context import Context
from cupola.base.db.paging import BadMarker, Page
from cupola.base.db.transaction import Transaction
from cupola.compute.model.usage import Period, ProjectUsage, ServerUsage
from cupola.compute.store import servers as store


def between(ctx: Context, period: Period, project_id: str | None, page: Page) -> list[ProjectUsage]:
    """By project, of one or all; the page is one of servers. Raises BadMarker."""

    def read(tx: Transaction) -> list[ProjectUsage]:
        if page.marker is not None and store.find(tx, page.marker) is None:
            raise BadMarker(page.marker)
        found: dict[str, list[ServerUsage]] = {}
        for server in store.there_between(tx, period.start, period.stop, project_id, page.marker, page.limit):
            found.setdefault(server.project_id, []).append(ServerUsage(server, period.hours(server)))
        return [ProjectUsage(owner, used) for owner, used in found.items()]

    return ctx.read("usage.list", read)
