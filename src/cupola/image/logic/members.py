"""Sharing images: their owner adds projects, and each of these answers whether it wants the image in its lists."""

from __future__ import annotations

from dataclasses import replace

from cupola.base.context import Context
from cupola.base.db.transaction import Duplicate, Transaction
from cupola.base.errors import BadInput, Forbidden, NotFound
from cupola.image.errors import MemberExists, MemberNotFound, TooMany
from cupola.image.logic.access import demand, find, shared_with
from cupola.image.model.image import Image
from cupola.image.model.limits import MOST_MEMBERS
from cupola.image.model.member import STATUSES, Member
from cupola.image.policies import members as policies
from cupola.image.store import members as store


def add(ctx: Context, image_id: str, member_id: str) -> Member:
    """Share an image. Raises ImageNotFound, Forbidden, MemberExists, TooMany, BadInput."""
    if len(member_id) > 64:
        raise BadInput("The id of a member is at most 64 characters long.")

    def write(tx: Transaction) -> Member:
        image = _shared(tx, ctx, image_id, f"Not allowed to create members for image {image_id}.")
        if not ctx.is_admin and image.owner != ctx.project_id:
            demand(ctx, policies.ADD, image, shared_with(tx, ctx, image))
            raise Forbidden(f"Not allowed to create members for image {image_id}.")
        demand(ctx, policies.ADD, image)
        count = len(store.of_image(tx, image_id))
        if count >= MOST_MEMBERS:
            raise TooMany("members", MOST_MEMBERS, count + 1)
        member = Member(image_id, member_id, tx.now, tx.now)
        try:
            with tx.savepoint():
                store.add(tx, member)
        except Duplicate:
            raise MemberExists(image_id, member_id) from None
        return member

    return ctx.transact("image.add_member", write)


def listed(ctx: Context, image_id: str) -> list[Member]:
    """The members of an image: all for its owner, itself for a member. Raises ImageNotFound, Forbidden."""

    def read(tx: Transaction) -> list[Member]:
        image = _shared(tx, ctx, image_id, f"Not allowed to list members for image {image_id}.")
        own = shared_with(tx, ctx, image)
        demand(ctx, policies.LIST, image, own)
        return [member for member in store.of_image(tx, image_id) if own in (None, member.member_id)]

    return ctx.read("image.members", read)


def show(ctx: Context, image_id: str, member_id: str) -> Member:
    """Raises ImageNotFound, MemberNotFound."""

    def read(tx: Transaction) -> Member:
        try:
            image = _shared(tx, ctx, image_id, "Only shared images have members.")
        except Forbidden as error:  # whether the image is shared is not told to those who ask for one member
            raise NotFound(error.message) from error
        demand(ctx, policies.GET, image, shared_with(tx, ctx, image))
        return _member(tx, ctx, image, member_id)

    return ctx.read("image.member", read)


def answer(ctx: Context, image_id: str, member_id: str, status: str) -> Member:
    """A member says whether it wants the image listed. Raises ImageNotFound, MemberNotFound, Forbidden, BadInput."""

    def write(tx: Transaction) -> Member:
        refused = f"Not allowed to update members for image {image_id}."
        image = _shared(tx, ctx, image_id, refused)
        own = shared_with(tx, ctx, image)
        demand(ctx, policies.GET, image, own)
        if not ctx.is_admin and image.owner == ctx.project_id:
            raise Forbidden(refused)
        member = _member(tx, ctx, image, member_id)
        demand(ctx, policies.MODIFY, image, own)
        if status not in STATUSES:
            raise BadInput('Incorrect request: Status must be "pending", "accepted" or "rejected".')
        store.set_status(tx, member, status)
        return replace(member, status=status, updated_at=tx.now)

    return ctx.transact("image.answer_member", write)


def remove(ctx: Context, image_id: str, member_id: str) -> None:
    """Share an image with a project no longer. Raises ImageNotFound, MemberNotFound, Forbidden."""

    def write(tx: Transaction) -> None:
        image = _shared(tx, ctx, image_id, f"Not allowed to delete members for image {image_id}.")
        member = _member(tx, ctx, image, member_id)
        demand(ctx, policies.DELETE, image, shared_with(tx, ctx, image))
        store.remove(tx, member)

    ctx.transact("image.remove_member", write)


def _shared(tx: Transaction, ctx: Context, image_id: str, refusal: str) -> Image:
    image = find(tx, ctx, image_id)
    if image.visibility != "shared":
        raise Forbidden(f"{refusal} Only shared images have members.")
    return image


def _member(tx: Transaction, ctx: Context, image: Image, member_id: str) -> Member:
    """A member of the image; one that is not the owner sees itself only."""
    own = shared_with(tx, ctx, image)
    member = store.get(tx, image.id, member_id)
    if member is None or (not ctx.is_admin and own is not None and own != member_id):
        raise MemberNotFound(image.id, member_id)
    return member
