"""What goes out of key pairs."""

from __future__ import annotations

from typing import Any

from cupola.base.http.request import Request
from cupola.compute.model.keypair import Keypair


def listed(request: Request, keypair: Keypair) -> dict[str, Any]:
    shown = {"name": keypair.name, "public_key": keypair.public_key, "fingerprint": keypair.fingerprint}
    return shown | ({"type": keypair.type} if request.at_least("2.2") else {})


def created(request: Request, keypair: Keypair, private_key: str | None) -> dict[str, Any]:
    shown = listed(request, keypair) | {"user_id": keypair.user_id}
    return shown | ({"private_key": private_key} if private_key is not None else {})


def full(request: Request, keypair: Keypair) -> dict[str, Any]:
    return created(request, keypair, None) | {
        "id": keypair.id,
        "created_at": keypair.created_at.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        "updated_at": None,
        "deleted": False,
        "deleted_at": None,
    }
