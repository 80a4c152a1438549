"""Bodies that describe an image, or changes to one: checked, and split into fields and labels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cupola.base.errors import BadInput
from cupola.base.http.validation import InvalidField, check
from cupola.image.api.schemas.image import BODY, PROPERTIES
from cupola.image.errors import AttributeReadOnly, AttributeReserved, LocationsHidden, NotWhatSchemaSays
from cupola.image.logic.changes import FIELDS, Change
from cupola.image.model.image import Labels

NOT_GIVEN = ("direct_url", "self", "file", "schema", "stores")
READ_ONLY = (
    "created_at", "updated_at", "status", "checksum", "size", "virtual_size", "os_hash_algo", "os_hash_value",
)  # fmt: skip
RESERVED = ("location", "deleted", "deleted_at")
RESERVED_PREFIX = "os_glance"
LONGEST_NAME = 255
VERBS = ("add", "remove", "replace")


def new_image(body: Any) -> tuple[str | None, dict[str, Any], Labels]:
    """The id (if the client chose one), the fields and the labels of an image to be made.

    Raises AttributeReadOnly, AttributeReserved, LocationsHidden, NotWhatSchemaSays, BadInput.
    """
    if not isinstance(body, dict):
        raise BadInput("Request body must be a JSON object.")
    for name in NOT_GIVEN:
        if name in body:
            raise AttributeReadOnly(name)
    _check(body)
    for name in READ_ONLY:
        if name in body:
            raise AttributeReadOnly(name)
    if "locations" in body:
        raise LocationsHidden
    fields = {name: body[name] for name in FIELDS if name in body}
    own = {name: value for name, value in body.items() if name not in (*FIELDS, "id", "tags")}
    for name in own:
        _check_name(name)
    return body.get("id"), fields, Labels(tuple(sorted(set(body.get("tags", ())))), own)


def _check(body: Mapping[str, Any]) -> None:
    try:
        check(BODY, body)
    except InvalidField as error:
        name = error.path.partition("/")[0]
        said = PROPERTIES.get(name, BODY["additionalProperties"])
        raise NotWhatSchemaSays(f"{error.reason}. The schema says of properties '{name}': {said}") from error


def _check_name(name: str) -> None:
    if len(name) > LONGEST_NAME:
        raise BadInput("Custom property should not be greater than 255 characters.")
    if name in RESERVED or name.startswith(RESERVED_PREFIX):
        raise AttributeReserved(name)


def changes(body: Any, older: bool) -> list[Change]:
    """The operations of a patch; `older` is the form in which the operation's name is the key of its path.

    Raises AttributeReadOnly, AttributeReserved, LocationsHidden, NotWhatSchemaSays, BadInput.
    """
    if not isinstance(body, list):
        raise BadInput("Request body must be a JSON array of operation objects.")
    return [_change(raw, older) for raw in body]


def _change(raw: Any, older: bool) -> Change:
    if not isinstance(raw, dict):
        raise BadInput("Operations must be JSON objects.")
    verb, pointer = _older(raw) if older else _newer(raw)
    name = _attribute(pointer)
    if name == "locations":
        raise LocationsHidden
    if name in READ_ONLY or name in NOT_GIVEN or name == "id":
        raise AttributeReadOnly(name)
    _check_name(name)
    if verb == "remove":
        return Change(verb, name)
    if "value" not in raw:
        raise BadInput(f'Operation "{verb}" requires a member named "value".')
    _check({name: raw["value"]})
    return Change(verb, name, raw["value"], strict=older)


def _newer(raw: Mapping[str, Any]) -> tuple[str, Any]:
    verb = raw.get("op")
    if verb is None:
        raise BadInput(f"Unable to find `op` in JSON Schema change. It must be one of: {', '.join(VERBS)}.")
    if verb not in VERBS:
        raise BadInput(f"Invalid operation: `{verb}`. It must be one of the following: {', '.join(VERBS)}.")
    if "path" not in raw:
        raise BadInput("Unable to find 'path' in JSON Schema change")
    return verb, raw["path"]


def _older(raw: Mapping[str, Any]) -> tuple[str, Any]:
    verbs = [verb for verb in VERBS if verb in raw]
    if len(verbs) != 1:
        raise BadInput('Operation objects must contain exactly one member named "add", "remove", or "replace".')
    return verbs[0], raw[verbs[0]]


def _attribute(pointer: Any) -> str:
    """The attribute that a JSON pointer names: all are at the top, save places in lists, which cannot be changed."""
    if not isinstance(pointer, str) or not pointer.startswith("/"):
        raise BadInput(f'Pointer `{pointer}` does not start with "/".')
    if re.search(r"/\s*/", pointer):
        raise BadInput(f'Pointer `{pointer}` contains adjacent "/".')
    if len(pointer) > 1 and pointer.endswith("/"):
        raise BadInput(f'Pointer `{pointer}` end with "/".')
    if re.search(r"~(?![01])", pointer):
        raise BadInput(f'Pointer `{pointer}` contains "~" not part of a recognized escape sequence.')
    parts = [part.replace("~1", "/").replace("~0", "~").strip() for part in pointer[1:].split("/")]
    if parts[0] != "locations" and len(parts) != 1:
        raise BadInput(f"Invalid JSON pointer for this resource: '{pointer}'")
    return parts[0]
