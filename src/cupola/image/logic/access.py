"""Who sees an image and may do something with it. What one does not see does not exist."""

from __future__ import annotations

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.image.errors import ImageNotFound, NotOwned
from cupola.image.model.image import Image
from cupola.image.policies import images as policies
from cupola.image.store import images as store
from cupola.image.store import members


def find(tx: Transaction, ctx: Context, image_id: str, lock: bool = False) -> Image:
    """The image, if the caller sees it. Raises ImageNotFound."""
    image = store.get(tx, image_id, lock)
    if image is None or not _sees(tx, ctx, image):
        raise ImageNotFound(image_id)
    return image


def _sees(tx: Transaction, ctx: Context, image: Image) -> bool:
    if ctx.is_admin or image.visible_to(ctx.project_id, frozenset()):
        return True
    return image.visible_to(ctx.project_id, frozenset(filter(None, [shared_with(tx, ctx, image)])))


def shared_with(tx: Transaction, ctx: Context, image: Image) -> str | None:
    """The caller's project if the image is shared with it."""
    if ctx.project_id is None or image.visibility != "shared" or image.owner == ctx.project_id:
        return None
    return ctx.project_id if members.get(tx, image.id, ctx.project_id) else None


def demand(ctx: Context, rule: str, image: Image, member_id: str | None = None) -> None:
    """Go on only if the caller may do `rule`. Raises ImageNotFound for an image it may not see, else PolicyForbids."""
    target = image.target(member_id)
    ctx.authorize(rule, target, None if ctx.may(policies.GET, target) else ImageNotFound(image.id))


def demand_visibility(ctx: Context, visibility: str, target: dict[str, object]) -> None:
    """Making an image visible to all has rules of its own."""
    rule = {"public": policies.PUBLICIZE, "community": policies.COMMUNITIZE}.get(visibility)
    if rule is not None:
        ctx.authorize(rule, target)


def demand_owned(ctx: Context, image: Image) -> None:
    """Whatever the policy says, only its owner and an administrator change an image. Raises NotOwned."""
    if not ctx.is_admin and (image.owner is None or image.owner != ctx.project_id):
        raise NotOwned
