"""What users attach to a server: metadata and tags. Guests read the metadata; tags only sort servers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.compute.errors import ItemNotFound, TooManyTags
from cupola.compute.logic.lookup import require_state, require_unlocked, server_in
from cupola.compute.logic.ordering import check_metadata_count
from cupola.compute.model.server import Server
from cupola.compute.policies import server_parts as policies
from cupola.compute.store import servers as store

MOST_TAGS = 50


def merge_metadata(ctx: Context, rule: str, server_id: str, items: Mapping[str, str]) -> Mapping[str, str]:
    """Add items and change those that are there; returns all."""
    return _metadata(ctx, rule, server_id, lambda server: {**server.metadata, **items})


def replace_metadata(ctx: Context, server_id: str, items: Mapping[str, str]) -> Mapping[str, str]:
    """Have these items and no others; returns them."""
    return _metadata(ctx, policies.METADATA_UPDATE_ALL, server_id, lambda server: dict(items))


def delete_metadata(ctx: Context, server_id: str, key: str) -> None:
    """Take one item away. Raises ItemNotFound."""

    def without(server: Server) -> dict[str, str]:
        if key not in server.metadata:
            raise ItemNotFound("Metadata item was not found")
        return {name: value for name, value in server.metadata.items() if name != key}

    _metadata(ctx, policies.METADATA_DELETE, server_id, without, "delete metadata")


def _metadata(
    ctx: Context,
    rule: str,
    server_id: str,
    change: Callable[[Server], dict[str, str]],
    action: str = "update metadata",
) -> Mapping[str, str]:
    """Raises ServerNotFound, ServerLocked, WrongState or OverQuota."""

    def write(tx: Transaction) -> Mapping[str, str]:
        server = server_in(tx, ctx, rule, server_id, lock=True)
        new = change(server)
        require_unlocked(ctx, server)
        require_state(server, action)
        check_metadata_count(tx, server.project_id, len(new))
        store.update(tx, server, metadata=new)
        return new

    return ctx.transact("server.metadata", write)


def set_tags(
    ctx: Context, rule: str, server_id: str, change: Callable[[Sequence[str]], Sequence[str]]
) -> tuple[Sequence[str], Sequence[str]]:
    """Change a server's tags; returns those before and after. Raises ServerNotFound, WrongState or TooManyTags."""

    def write(tx: Transaction) -> tuple[Sequence[str], Sequence[str]]:
        server = server_in(tx, ctx, rule, server_id, lock=True)
        require_state(server, "update tags")
        new = list(dict.fromkeys(change(server.tags)))
        if len(new) > MOST_TAGS:
            raise TooManyTags(f"The number of tags exceeded the per-server limit {MOST_TAGS}")
        if new != list(server.tags):
            store.update(tx, server, tags=new)
        return server.tags, new

    return ctx.transact("server.tags", write)
