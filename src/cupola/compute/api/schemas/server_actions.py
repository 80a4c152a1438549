"""Bodies of actions, by the microversion that introduced each form."""

from __future__ import annotations

from cupola.compute.api.schemas.fields import Schema, obj
from cupola.compute.api.schemas.parameters import NAME


def bare(name: str) -> Schema:
    """An action that takes no arguments; what comes with it is ignored."""
    return obj({name: {}}, name)


_KINDS = ["HARD", "Hard", "hard", "SOFT", "Soft", "soft"]
_LINES: Schema = {
    "type": ["integer", "string", "null"],
    "pattern": "^-?[0-9]+$",
    "minimum": -1,
    "maximum": 2**31 - 1,
    "minLength": 1,
}
_REASON: Schema = {"type": "string", "minLength": 1, "maxLength": 255}

REBOOT = obj({"reboot": obj({"type": {"type": "string", "enum": _KINDS}}, "type")}, "reboot")
RESET_STATE = obj(
    {"os-resetState": obj({"state": {"type": "string", "enum": ["active", "error"]}}, "state")}, "os-resetState"
)
CONSOLE_OUTPUT = obj({"os-getConsoleOutput": obj({"length": _LINES})}, "os-getConsoleOutput")
LOCK = {
    "2.1": bare("lock"),
    "2.73": obj({"lock": {"anyOf": [{"type": "null"}, obj({"locked_reason": _REASON})]}}, "lock"),
}


def security_group(name: str) -> Schema:
    """Which group to add or remove."""
    return obj({name: obj({"name": NAME}, "name")}, name)
