"""Reading the body of a request for servers into what `logic` is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Any, Literal

from cupola.base.http.request import Request
from cupola.base.ids import is_uuid
from cupola.compute.api.schemas.parameters import truth
from cupola.compute.errors import BadRequest
from cupola.compute.model.request import NicRequest, ServerRequest


def ordered(request: Request, admin_pass: str) -> ServerRequest:
    """What is asked for. Raises BadRequest for what contradicts itself, or is not offered here."""
    body: Mapping[str, Any] = request.body["server"]
    _refuse_unknown(request.body, body)
    zone, host = _place(body)
    groups = body.get("security_groups", [{"name": "default"}])
    count = int(body.get("min_count", 1))
    description = body.get("description") if request.at_least("2.19") else body["name"]
    return ServerRequest(
        name=body["name"],
        flavor_id=str(body["flavorRef"]).rstrip("/").rpartition("/")[2],
        image_id=_image(body),
        description=description,
        hostname=body.get("hostname"),
        networks=_networks(body.get("networks")),
        security_groups=tuple(dict.fromkeys(group["name"] for group in groups if "name" in group)),
        key_name=body.get("key_name"),
        user_data=body.get("user_data"),
        admin_pass=admin_pass,
        config_drive=truth(body.get("config_drive", False)),
        metadata=body.get("metadata", {}),
        tags=tuple(dict.fromkeys(body.get("tags", ()))),
        availability_zone=zone,
        host=host or body.get("host") or body.get("hypervisor_hostname"),
        forced=host is not None,
        access_ip_v4=address(body.get("accessIPv4")),
        access_ip_v6=address(body.get("accessIPv6")),
        disk_config=body.get("OS-DCF:diskConfig", "MANUAL"),
        min_count=count,
        max_count=int(body.get("max_count", count)),
    )


def address(text: str | None) -> str | None:
    """An address in its shortest form; of nothing or an empty text, None."""
    return str(ip_address(text)) if text else None


def _refuse_unknown(whole: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    """Say clearly what this cloud does not have, rather than leave it out."""
    if body.get("trusted_image_certificates"):
        raise BadRequest("Trusted image certificates are not supported: images are checked by their checksum.")
    if body.get("personality"):
        raise BadRequest("Files cannot be put into a server (personality); use user_data.")
    hints = whole.get("os:scheduler_hints") or whole.get("OS-SCH-HNT:scheduler_hints") or {}
    if "group" in hints:
        raise BadRequest(f"Instance group {hints['group']} could not be found.")


def _place(body: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Zone and host of `availability_zone`, written "zone", "zone:host" or "zone:host:node"."""
    given = body.get("availability_zone")
    if given is None:
        return None, None
    zone, *rest = given.split(":")
    host = next((part for part in rest if part), None)
    if len(rest) > 2:
        raise BadRequest("Unable to parse availability_zone")
    if host is not None and (body.get("host") or body.get("hypervisor_hostname")):
        raise BadRequest(
            "One mechanism with host and/or hypervisor_hostname and another mechanism with zone:host:node are mutually "
            "exclusive."
        )
    return zone or None, host


def _image(body: Mapping[str, Any]) -> str:
    """The image to boot from: `imageRef`, or the one device that says the same in more words."""
    devices: Sequence[Mapping[str, Any]] = [
        *body.get("block_device_mapping", ()),
        *body.get("block_device_mapping_v2", ()),
    ]
    image: str = str(body.get("imageRef") or "").rstrip("/").rpartition("/")[2]
    for device in devices:
        source, destination = device.get("source_type"), device.get("destination_type", "local")
        named = device.get("uuid") or device.get("image_id") or image
        boots = str(device.get("boot_index", 0)) == "0"
        if source != "image" or destination != "local" or not boots or (image and named != image):
            raise BadRequest(
                "Block Device Mapping is Invalid: servers here boot from a disk made of their image, which is the only "
                "device to describe (source image, destination local, boot index 0)."
            )
        image = named
    if not image:
        raise BadRequest("Invalid imageRef provided." if "imageRef" in body else "Missing imageRef attribute")
    return image


def _networks(given: Any) -> tuple[NicRequest, ...] | Literal["auto", "none"] | None:
    if given is None or isinstance(given, str):
        return given  # type: ignore[return-value]
    nics: list[NicRequest] = []
    for entry in given:
        nic = NicRequest(entry.get("uuid"), entry.get("port"), entry.get("fixed_ip"), entry.get("tag"))
        if nic.port_id is None and nic.network_id is None:
            raise BadRequest("Bad network format: missing 'uuid'")
        if nic.port_id is None and not is_uuid(nic.network_id or ""):
            raise BadRequest(f"Bad networks format: network uuid is not in proper format ({nic.network_id})")
        if nic.port_id is not None and nic.port_id in {other.port_id for other in nics}:
            raise BadRequest(f"Port ID '{nic.port_id}' was specified twice: you cannot attach a port multiple times.")
        if nic.port_id is not None and nic.fixed_ip is not None:
            raise BadRequest(
                f"Specified Fixed IP '{nic.fixed_ip}' cannot be used with port '{nic.port_id}': the two cannot be "
                "specified together."
            )
        nics.append(nic)
    return tuple(nics)
