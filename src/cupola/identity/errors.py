"""What identity refuses, in the words clients of its API know."""

from __future__ import annotations

from cupola.base.errors import BadInput, Conflict, Forbidden, NotFound, Unauthenticated


class NotAuthenticated(Unauthenticated):
    """Says nothing about the cause: whoever tries learns neither who exists nor what is disabled."""

    def __init__(self) -> None:
        super().__init__("The request you have made requires authentication.")


class Missing(BadInput):
    """The body lacks something that the rest of it calls for."""

    def __init__(self, what: str, where: str) -> None:
        super().__init__(
            f"Expecting to find {what} in {where}. The server could not comply with the request since it is either "
            "malformed or otherwise incorrect. The client is assumed to be in error."
        )


class Unknown(NotFound):
    def __init__(self, what: str, identity: str) -> None:
        super().__init__(f"Could not find {what}: {identity}.")


class TokenUnknown(NotFound):
    """The token in the request is not one that is valid now."""


class Taken(Conflict):
    """The name is in use already."""

    def __init__(self, what: str, detail: str) -> None:
        super().__init__(f"Conflict occurred attempting to store {what} - {detail}.")


class Refused(Forbidden):
    """The state of the thing forbids it, whoever asks."""


class MarkerUnknown(NotFound):
    """The marker names nothing that the list could go on from."""


class UnsupportedMethod(Unauthenticated):
    """A way of proving who one is that this cloud does not know."""

    def __init__(self) -> None:
        super().__init__("Attempted to authenticate with an unsupported method.")


class Immutable(Refused):
    def __init__(self, kind: str, verb: str, resource_id: str) -> None:
        super().__init__(
            f"Unable to {verb} immutable {kind} resource: `{resource_id}. Set resource option "
            '"immutable" to false first.'
        )


class NotImplied(NotFound):
    def __init__(self, prior_id: str, implied_id: str) -> None:
        super().__init__(f"{prior_id} does not imply {implied_id}.")


class NotGiven(NotFound):
    """Nobody gave this role to this user or group here."""

    def __init__(self, role_id: str, actor_id: str, target_id: str) -> None:
        super().__init__(
            f"Could not find role assignment with role: {role_id}, user or group: {actor_id}, "
            f"project, domain, or system: {target_id}."
        )
