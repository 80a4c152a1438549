"""Bodies of servers, by the microversion that introduced each form."""

from __future__ import annotations

from cupola.compute.api.schemas.fields import (
    ACCESS_IP_V4,
    ACCESS_IP_V6,
    COUNT,
    DESCRIPTION,
    DISK_CONFIG,
    HOSTNAME,
    IP,
    METADATA,
    TAG,
    UUID,
    Schema,
    obj,
)
from cupola.compute.api.schemas.parameters import BOOLEAN, NAME
from cupola.compute.api.schemas.parameters import HOST as FQDN

_DEVICE_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[a-zA-Z0-9._/-]*$"}
_VOLUME_SIZE: Schema = {"type": ["integer", "string"], "pattern": "^[0-9]+$", "minimum": 1, "maximum": 0x7FFFFFFF}
_SHORT: Schema = {"type": "string", "maxLength": 255}

_OLD_DEVICE: Schema = {
    "virtual_name": _SHORT,
    "volume_id": UUID,
    "snapshot_id": UUID,
    "volume_size": _VOLUME_SIZE,
    "device_name": _DEVICE_NAME,
    "delete_on_termination": BOOLEAN,
    "no_device": {},
    "connection_info": {"type": "string", "maxLength": 16_777_215},
}
_DEVICE: Schema = _OLD_DEVICE | {
    "source_type": {"type": "string", "enum": ["volume", "image", "snapshot", "blank"]},
    "uuid": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[a-zA-Z0-9._-]*$"},
    "image_id": UUID,
    "destination_type": {"type": "string", "enum": ["local", "volume"]},
    "guest_format": _SHORT,
    "device_type": _SHORT,
    "disk_bus": _SHORT,
    "boot_index": {"type": ["integer", "string", "null"], "pattern": "^-?[0-9]+$"},
}
_PORT: Schema = {"type": ["string", "null"], "format": "uuid"}
_HINTS: Schema = {"type": "object", "properties": {"group": {"anyOf": [UUID, {"type": "array", "items": UUID}]}}}
_PERSONALITY: Schema = {
    "type": "array",
    "items": obj({"path": _SHORT, "contents": {"type": "string"}}, "path", "contents"),
}


def _array(properties: Schema) -> Schema:
    return {"type": "array", "items": obj(properties)}


def _networks(**more: Schema) -> Schema:
    """A list of networks and ports, or a word for them."""
    nic = {"fixed_ip": IP, "port": _PORT, "uuid": UUID, **more}
    return {"oneOf": [_array(nic), {"type": "string", "enum": ["none", "auto"]}]}


def _create(server: Schema, *required: str) -> Schema:
    return obj(
        {"server": obj(server, *required), "os:scheduler_hints": _HINTS, "OS-SCH-HNT:scheduler_hints": _HINTS},
        "server",
    )


_FIRST = ("name", "flavorRef")
_SINCE_37 = (*_FIRST, "networks")

_V1: Schema = {
    "name": NAME,
    "imageRef": {"type": "string", "anyOf": [{"format": "uuid"}, {"maxLength": 0}]},
    "flavorRef": {"type": ["string", "integer"], "minLength": 1},
    "adminPass": {"type": "string"},
    "metadata": METADATA,
    "networks": _array({"fixed_ip": IP, "port": _PORT, "uuid": {"type": "string"}}),
    "OS-DCF:diskConfig": DISK_CONFIG,
    "accessIPv4": ACCESS_IP_V4,
    "accessIPv6": ACCESS_IP_V6,
    "personality": _PERSONALITY,
    "availability_zone": NAME,
    "block_device_mapping": _array(_OLD_DEVICE),
    "block_device_mapping_v2": _array(_DEVICE),
    "config_drive": BOOLEAN,
    "key_name": NAME,
    "min_count": COUNT,
    "max_count": COUNT,
    "return_reservation_id": BOOLEAN,
    "security_groups": _array({"name": NAME}),
    "user_data": {"type": "string", "maxLength": 65_535},
}
_V19 = _V1 | {"description": DESCRIPTION}
_TAGGED_NICS = _array({"fixed_ip": IP, "port": _PORT, "uuid": {"type": "string"}, "tag": TAG})
_TAGGED_DEVICES = _array(_DEVICE | {"tag": TAG})
_V33 = _V19 | {"networks": _TAGGED_NICS}
_V32 = _V33 | {"block_device_mapping_v2": _TAGGED_DEVICES}
_V37 = _V33 | {"networks": _networks()}
_V42 = _V37 | {"networks": _networks(tag=TAG), "block_device_mapping_v2": _TAGGED_DEVICES}
_V52 = _V42 | {"tags": {"type": "array", "items": TAG, "maxItems": 50}}
_V57 = {name: schema for name, schema in _V52.items() if name != "personality"}
_CERTIFICATES: Schema = {
    "type": ["array", "null"],
    "minItems": 1,
    "maxItems": 50,
    "uniqueItems": True,
    "items": {"type": "string", "minLength": 1},
}
_V63 = _V57 | {"trusted_image_certificates": _CERTIFICATES}
_TYPED_DEVICES = _array(_DEVICE | {"tag": TAG, "volume_type": {"type": ["string", "null"], "maxLength": 255}})
_V67 = _V63 | {"block_device_mapping_v2": _TYPED_DEVICES}
_V74 = _V67 | {"host": FQDN, "hypervisor_hostname": FQDN}
_V90 = _V74 | {"hostname": HOSTNAME}
_V94 = _V90 | {"hostname": FQDN}

CREATE = {
    "2.1": _create(_V1, *_FIRST),
    "2.19": _create(_V19, *_FIRST),
    "2.32": _create(_V32, *_FIRST),
    "2.33": _create(_V33, *_FIRST),
    "2.37": _create(_V37, *_SINCE_37),
    "2.42": _create(_V42, *_SINCE_37),
    "2.52": _create(_V52, *_SINCE_37),
    "2.57": _create(_V57, *_SINCE_37),
    "2.63": _create(_V63, *_SINCE_37),
    "2.67": _create(_V67, *_SINCE_37),
    "2.74": _create(_V74, *_SINCE_37),
    "2.90": _create(_V90, *_SINCE_37),
    "2.94": _create(_V94, *_SINCE_37),
}

_U1: Schema = {
    "name": NAME,
    "OS-DCF:diskConfig": DISK_CONFIG,
    "accessIPv4": ACCESS_IP_V4,
    "accessIPv6": ACCESS_IP_V6,
}

UPDATE = {
    "2.1": obj({"server": obj(_U1)}, "server"),
    "2.19": obj({"server": obj(_U1 | {"description": DESCRIPTION})}, "server"),
    "2.90": obj({"server": obj(_U1 | {"description": DESCRIPTION, "hostname": HOSTNAME})}, "server"),
    "2.94": obj({"server": obj(_U1 | {"description": DESCRIPTION, "hostname": FQDN})}, "server"),
}
