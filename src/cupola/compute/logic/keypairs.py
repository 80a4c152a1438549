"""Key pairs of users. A private key that is made here is given out once and kept nowhere."""

from __future__ import annotations

from cupola.base.context import Context
from cupola.base.db.paging import BadMarker, Page
from cupola.base.db.transaction import Duplicate, Transaction
from cupola.base.errors import BadInput, Conflict, Forbidden, NotFound
from cupola.compute.model import key_material
from cupola.compute.model.keypair import SSH, Keypair
from cupola.compute.model.limits import LIMITS_OF
from cupola.compute.policies import keypairs as policies
from cupola.compute.store import keypairs as store


class KeypairNotFound(NotFound):
    def __init__(self, name: str, user_id: str) -> None:
        super().__init__(f"Keypair {name} not found for user {user_id}")


class KeypairTaken(Conflict):
    def __init__(self, name: str) -> None:
        super().__init__(f"Key pair '{name}' already exists.")


class InvalidKeypair(BadInput):
    def __init__(self, reason: str) -> None:
        super().__init__(f"Keypair data is invalid: {reason}")


class TooManyKeypairs(Forbidden):
    def __init__(self, limit: int) -> None:
        super().__init__(f"Quota exceeded, too many key pairs. A user may have {limit}.")


def find_in(tx: Transaction, user_id: str, name: str) -> Keypair:
    """Raises KeypairNotFound."""
    keypair = store.find(tx, user_id, name)
    if keypair is None:
        raise KeypairNotFound(name, user_id)
    return keypair


def find(ctx: Context, user_id: str, name: str) -> Keypair:
    """Raises KeypairNotFound."""
    ctx.authorize(policies.SHOW, {"user_id": user_id})
    return ctx.read("keypair.show", lambda tx: find_in(tx, user_id, name))


def listed(ctx: Context, user_id: str, page: Page) -> list[Keypair]:
    """A user's key pairs by name. Raises BadMarker."""
    ctx.authorize(policies.INDEX, {"user_id": user_id})

    def read(tx: Transaction) -> list[Keypair]:
        if page.marker is not None and store.find(tx, user_id, page.marker) is None:
            raise BadMarker(page.marker)
        return store.listed(tx, user_id, page.marker, page.limit)

    return ctx.read("keypair.list", read)


def import_key(ctx: Context, user_id: str, name: str, type_: str, public_key: str) -> Keypair:
    """Raises InvalidKeypair, KeypairTaken or TooManyKeypairs."""
    ctx.authorize(policies.CREATE, {"user_id": user_id})
    try:
        fingerprint = (key_material.ssh_fingerprint if type_ == SSH else key_material.x509_fingerprint)(public_key)
    except ValueError as error:
        raise InvalidKeypair(str(error)) from error
    return ctx.transact("keypair.create", lambda tx: _create_in(tx, ctx, user_id, name, type_, fingerprint, public_key))


def generate(ctx: Context, user_id: str, name: str, type_: str) -> tuple[Keypair, str]:
    """Make a key pair; returns it and its private key. Raises KeypairTaken or TooManyKeypairs."""
    if type_ == SSH:
        private_key, public_key = key_material.new_ssh_key()
    else:
        private_key, public_key = key_material.new_certificate(user_id, ctx.now())
    return import_key(ctx, user_id, name, type_, public_key), private_key


def _create_in(
    tx: Transaction, ctx: Context, user_id: str, name: str, type_: str, fingerprint: str, public_key: str
) -> Keypair:
    limit = LIMITS_OF.of(tx, ctx.project_id or "", "compute")["key_pairs"]
    if 0 <= limit <= store.count(tx, user_id):
        raise TooManyKeypairs(limit)
    try:
        with tx.savepoint():
            return store.insert_keypair(tx, user_id, name, type_, fingerprint, public_key)
    except Duplicate as error:
        raise KeypairTaken(name) from error


def delete(ctx: Context, user_id: str, name: str) -> None:
    """Servers keep their copy of it. Raises KeypairNotFound."""
    ctx.authorize(policies.DELETE, {"user_id": user_id})

    def write(tx: Transaction) -> None:
        if not store.remove(tx, user_id, name):
            raise KeypairNotFound(name, user_id)

    ctx.transact("keypair.delete", write)
