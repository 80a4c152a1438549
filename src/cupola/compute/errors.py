"""What can go wrong with servers.

NotFound   ServerNotFound, ItemNotFound
BadInput   BadRequest                       the request names what cannot be had, or what this cloud does not offer
Conflict   WrongState, ServerLocked, NetworkAmbiguous
Forbidden  NotForProjects                   only an administrator may ask for this
StepFailed NoValidHost                      of the operation that builds a server
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cupola.base.errors import BadInput, Conflict, Forbidden, NotFound
from cupola.base.operations import StepFailed


class ServerNotFound(NotFound):
    """No such server, or none that the caller may see."""

    def __init__(self, server_id: str) -> None:
        super().__init__(f"Instance {server_id} could not be found.")


class ItemNotFound(NotFound):
    """A part of a server (metadata item, tag, port) is not there."""


class BadRequest(BadInput):
    """The request names something that cannot be had here; the message says what."""


class UserDataNotEncoded(BadRequest):
    """The user data of a server is not base64; perhaps it is the plain text of it, with all its secrets."""

    def __init__(self, text: str) -> None:
        shown = text if len(text) <= 64 else f"{text[:64]}…"
        super().__init__(f"Invalid input for field/attribute user_data. Value: {shown}. '{shown}' is not a 'base64'")

    @property
    def noted(self) -> str:
        return "Invalid input for user_data."


class TooManyTags(BadInput):
    """A server may not have so many."""


class NotForProjects(Forbidden):
    """Only an administrator may ask for this."""


class WrongState(Conflict):
    """The server is in a state in which this cannot be done to it."""

    def __init__(self, server_id: str, action: str, attribute: str, state: str | None) -> None:
        super().__init__(f"Cannot '{action}' instance {server_id} while it is in {attribute} {state}")


class NeverLaunched(Conflict):
    """The server has never been up, which this needs."""

    def __init__(self, server_id: str, action: str) -> None:
        super().__init__(f"Instance {server_id} is in an invalid state for '{action}'")


class NotReady(Conflict):
    """The server is on no host yet, or no more."""

    def __init__(self, server_id: str) -> None:
        super().__init__(f"Instance {server_id} is not ready")


class ServerLocked(Conflict):
    """It is locked; only who may override locks can act on it."""

    def __init__(self, server_id: str) -> None:
        super().__init__(f"Instance {server_id} is locked")


class NoValidHost(StepFailed):
    """No host will do; `decision` counts those that were looked at, and says what failed on those tried before."""

    def __init__(self, decision: str, failures: Sequence[Mapping[str, Any]]) -> None:
        tried = [
            f" Host {failure['results'].get('schedule', {}).get('chosen')}: {failure.get('message')}"
            for failure in failures
        ]
        super().__init__(f"No valid host was found: {decision}.{''.join(tried)}")
