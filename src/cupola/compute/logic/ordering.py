"""Checking what is asked for of a server against what there is: flavor, image, key, place."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.errors import NotFound, OverQuota
from cupola.compute.errors import BadRequest, NotForProjects, UserDataNotEncoded
from cupola.compute.logic import flavors
from cupola.compute.model.limits import LIMITS_OF
from cupola.compute.model.request import ServerRequest
from cupola.compute.model.service import COMPUTE
from cupola.compute.policies import servers as policies
from cupola.compute.store import keypairs, services
from cupola.image import interface as images

GIB = 1024**3
MOST_USER_DATA = 65_535


@dataclass(frozen=True)
class Parts:
    """The copies that a server keeps of what it was made from."""

    flavor_id: str
    flavor: Mapping[str, Any]
    image: Mapping[str, Any]
    key: Mapping[str, Any] | None


def parts_in(tx: Transaction, ctx: Context, request: ServerRequest) -> Parts:
    """Look up all that a request names. Raises BadRequest, NotForProjects or OverQuota, naming what will not do."""
    _check_user_data(request.user_data)
    _check_place(tx, request)
    _check_metadata(tx, ctx, request)
    flavor = _flavor(tx, ctx, request.flavor_id)
    image = _image(tx, ctx, request.image_id, flavor)
    return Parts(str(flavor["id"]), flavor, image, _key(tx, ctx, request.key_name))


def _check_user_data(text: str | None) -> None:
    if text is None:
        return
    if len(text) > MOST_USER_DATA:
        raise BadRequest(f"User data too large. User data must be no larger than {MOST_USER_DATA} bytes once encoded.")
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UserDataNotEncoded(text) from error


def _check_place(tx: Transaction, request: ServerRequest) -> None:
    if request.availability_zone is None and request.host is None:
        return
    hosts = {state.service.host: state.zone for state in services.states(tx) if state.service.binary == COMPUTE}
    if request.availability_zone is not None and request.availability_zone not in hosts.values():
        raise BadRequest("The requested availability zone is not available")
    if request.host is not None and request.host not in hosts:
        raise BadRequest(f"Compute host {request.host} could not be found.")


def _check_metadata(tx: Transaction, ctx: Context, request: ServerRequest) -> None:
    if request.metadata:
        check_metadata_count(tx, ctx.project_id or "", len(request.metadata))


def check_metadata_count(tx: Transaction, project_id: str, count: int) -> None:
    """Raises OverQuota when a server of the project may not have so many items of metadata."""
    limit = LIMITS_OF.of(tx, project_id, "compute")["metadata_items"]
    if 0 <= limit < count:
        raise OverQuota("metadata_items", limit, 0, count)


def _flavor(tx: Transaction, ctx: Context, flavor_id: str) -> Mapping[str, Any]:
    """A copy of the flavor, with what a server of it takes of a host."""
    try:
        flavor = flavors.find_in(tx, ctx, flavor_id)
    except NotFound as error:
        raise BadRequest(error.message) from error
    taken = {"resources": flavor.resources(), "traits": sorted(flavor.required_traits())}
    return flavor.copied() | taken


def _image(tx: Transaction, ctx: Context, image_id: str, flavor: Mapping[str, Any]) -> Mapping[str, Any]:
    image = images.get_in(tx, [image_id]).get(image_id)
    if image is None or not image.visible_to(ctx):
        raise BadRequest("Can not find requested image")
    if image.status != "active":
        raise BadRequest(f"Image {image_id} is not active.")
    if image.disk_format not in ("raw", "qcow2") or not image.inspected:
        kind = f"{image.container_format}/{image.disk_format}"
        raise BadRequest(f"Image {image_id} is unacceptable: servers start from bare raw or qcow2, not from {kind}.")
    if image.min_ram > flavor["ram"]:
        raise BadRequest("Flavor's memory is too small for requested image.")
    disk = flavor["disk"] * GIB
    if disk == 0 and not ctx.may(policies.CREATE_ZERO_DISK):
        raise NotForProjects("Only volume-backed servers are allowed for flavors with zero disk.")
    needed = image.min_disk * GIB
    if disk and needed > disk:
        raise BadRequest(
            "Flavor's disk is smaller than the minimum size specified in image metadata. "
            f"Flavor disk is {disk} bytes, minimum size is {needed} bytes."
        )
    size = max(image.size or 0, image.virtual_size or 0)
    if disk and size > disk:
        raise BadRequest(
            f"Flavor's disk is too small for requested image. Flavor disk is {disk} bytes, image is {size} bytes."
        )
    checksum = f"{image.os_hash_algo}:{image.os_hash_value}"
    return {"disk_format": image.disk_format, "size_bytes": image.size, "checksum": checksum}


def _key(tx: Transaction, ctx: Context, name: str | None) -> Mapping[str, Any] | None:
    if name is None:
        return None
    key = keypairs.find(tx, ctx.user_id or "", name)
    if key is None:
        raise BadRequest("Invalid key_name provided.")
    return {"name": key.name, "type": key.type, "public_key": key.public_key}
