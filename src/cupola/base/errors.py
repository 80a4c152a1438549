"""What can go wrong, by family. The family decides the HTTP status; each API words the body in its own form.

    CupolaError
     ├─ BadInput 400            the request cannot be understood, or names what cannot be
     ├─ Unauthenticated 401     no token, or one that is not valid
     ├─ Forbidden 403           the caller may not do this
     │   └─ OverQuota           a limit of the project would be exceeded (403 compute, 409 network, 413 image)
     ├─ NotFound 404            no such thing, or none that the caller may see
     ├─ MethodNotAllowed 405
     ├─ NotAcceptable 406       no such microversion or media type
     ├─ SlowClient 408          the request did not arrive in time
     ├─ Conflict 409            the thing is in a state, or in use, that forbids it
     │   └─ StaleWrite          somebody wrote first; `transact` runs the body again
     ├─ Gone 410
     ├─ PreconditionFailed 412
     ├─ TooLarge 413
     ├─ UnsupportedMediaType 415
     ├─ NotSupported 501
     └─ Unavailable 503         a part the request needs does not answer

Logic raises; `base/http/faults.py` alone turns a family into an answer. Any other exception is a 500 and a bug.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class CupolaError(Exception):
    """Base of every error a caller may see.

    `message` is a full sentence for the user that names the field or thing and the cause. `code` is stable and
    names the error for programs; it defaults to the class name.
    """

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal Server Error"
    code: ClassVar[str] = ""
    headers: Mapping[str, str] = {}
    """What goes with the answer, whatever the form of its body."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message or self.title

    @property
    def noted(self) -> str:
        """What the ledger keeps of the message: nothing that may be a secret of the caller."""
        return self.message

    @property
    def kind(self) -> str:
        """The class name: what the network API calls the `type` of an error."""
        return self.code or type(self).__name__


class BadInput(CupolaError):
    status, title = 400, "Bad Request"


class Unauthenticated(CupolaError):
    status, title = 401, "Unauthorized"


class Forbidden(CupolaError):
    status, title = 403, "Forbidden"


class PolicyForbids(Forbidden):
    """The caller's roles do not allow this."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"Policy doesn't allow {rule} to be performed.")
        self.rule = rule


class OverQuota(Forbidden):
    """A limit of the project would be exceeded; nothing was taken."""

    def __init__(self, resource: str, limit: int, used: int, asked: int) -> None:
        super().__init__(
            f"Quota exceeded for {resource}: Requested {asked}, but already used {used} of {limit} {resource}"
        )
        self.resource, self.limit, self.used, self.asked = resource, limit, used, asked


class NotFound(CupolaError):
    status, title = 404, "Not Found"


class NoSuchPath(NotFound):
    """No route takes the path."""

    def __init__(self) -> None:
        super().__init__("The resource could not be found.")


class MethodNotAllowed(CupolaError):
    status, title = 405, "Method Not Allowed"

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__("The method specified is not allowed for this resource.")
        self.allowed = allowed
        self.headers = {"Allow": ", ".join(allowed)}


class NotAcceptable(CupolaError):
    status, title = 406, "Not Acceptable"


class SlowClient(CupolaError):
    status, title = 408, "Request Timeout"


class Conflict(CupolaError):
    status, title = 409, "Conflict"


class StaleWrite(Conflict):
    """A row changed between being read and being written."""

    def __init__(self, what: str, identity: object) -> None:
        super().__init__(f"{what} {identity} was changed by another request meanwhile; try again.")


class Gone(CupolaError):
    status, title = 410, "Gone"


class PreconditionFailed(CupolaError):
    status, title = 412, "Precondition Failed"


class TooLarge(CupolaError):
    status, title = 413, "Request Entity Too Large"


class UnsupportedMediaType(CupolaError):
    status, title = 415, "Unsupported Media Type"


class NotSupported(CupolaError):
    status, title = 501, "Not Implemented"


class Unavailable(CupolaError):
    status, title = 503, "Service Unavailable"


class OperatorsError(Exception):
    """Something on this machine is in the way; the message is for whoever can mend it there."""


class ConfigurationError(OperatorsError):
    """The program cannot start as configured; the message names the setting and what would mend it."""
