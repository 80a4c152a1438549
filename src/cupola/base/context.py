"""Who asks, and under which ids: the first argument of everything that acts for somebody."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from cupola.base.errors import CupolaError, PolicyForbids

if TYPE_CHECKING:
    from cupola.base.clock import Clock
    from cupola.base.db.transaction import Database, Transaction
    from cupola.base.ids import Ids
    from cupola.base.operations.engine import Engine
    from cupola.base.policy import Enforcer

T = TypeVar("T")


@dataclass(frozen=True)
class Caller:
    """Who is asking, as the token says. Roles include implied ones, lower case."""

    user_id: str | None = None
    user_name: str | None = None
    user_domain_id: str | None = None
    project_id: str | None = None
    project_name: str | None = None
    project_domain_id: str | None = None
    domain_id: str | None = None
    system: bool = False
    roles: tuple[str, ...] = ()
    host: str | None = None
    """Set for an agent's credential: the only host it may speak for."""

    @property
    def is_admin(self) -> bool:
        return "admin" in self.roles

    def credentials(self) -> Mapping[str, object]:
        """What policy rules see of the caller."""
        return {
            "user_id": self.user_id,
            "project_id": self.project_id,
            "domain_id": self.domain_id,
            "user_domain_id": self.user_domain_id,
            "project_domain_id": self.project_domain_id,
            "system_scope": "all" if self.system else None,
            "roles": list(self.roles),
            "is_admin": self.is_admin,
            "token": self._token(),
            **({"host": self.host} if self.host is not None else {}),
        }

    def _token(self) -> Mapping[str, object]:
        """The scope as rules reach into it: `token.domain.id`, `token.project.domain.id`."""
        if self.domain_id is not None:
            return {"domain": {"id": self.domain_id}}
        return {"project": {"domain": {"id": self.project_domain_id}}} if self.project_domain_id is not None else {}


@dataclass(frozen=True)
class Cloud:
    """What every context stands on: made once by wiring."""

    db: Database
    clock: Clock
    ids: Ids
    policy: Enforcer
    operations: Engine
    wait: Callable[[float], None]
    """Let some seconds pass while a client waits for an answer: sleeps, or in the simulator lets others run."""


@dataclass(frozen=True)
class Call:
    """The HTTP request being served, as the ledger records it."""

    method: str
    path: str
    route: str
    service: str
    started_at: datetime
    success: int


@dataclass
class _Marks:
    authorized: bool = False
    recorded: bool = False
    """Whether the ledger has the request already (in the transaction of its first change)."""


@dataclass(frozen=True)
class Context:
    """A caller at work: identity, ids that appear in every log and trace, and the way to the database."""

    cloud: Cloud
    caller: Caller
    request_id: str
    global_request_id: str | None = None
    call: Call | None = None
    operation_id: str | None = None
    step: str | None = None
    marks: _Marks = field(default_factory=_Marks, compare=False)

    @property
    def clock(self) -> Clock:
        return self.cloud.clock

    @property
    def ids(self) -> Ids:
        return self.cloud.ids

    @property
    def user_id(self) -> str | None:
        return self.caller.user_id

    @property
    def project_id(self) -> str | None:
        return self.caller.project_id

    @property
    def is_admin(self) -> bool:
        return self.caller.is_admin

    def now(self) -> datetime:
        return self.cloud.clock.now()

    def transact(self, name: str, body: Callable[[Transaction], T]) -> T:
        """Run `body` in one writing transaction; it may run again, so it has no effect outside the database."""
        return self.cloud.db.transact(self, name, body)

    def read(self, name: str, body: Callable[[Transaction], T]) -> T:
        """Run `body` in one reading transaction (a consistent snapshot where the database offers one)."""
        return self.cloud.db.read(self, name, body)

    def may(self, rule: str, target: object = None) -> bool:
        """Whether the caller may do `rule` to `target` (a row or a mapping; None: something of the caller's own)."""
        return self.cloud.policy.allows(rule, self.caller.credentials(), self._target(target))

    def authorize(self, rule: str, target: object = None, hidden: CupolaError | None = None) -> None:
        """Go on only if the caller may do `rule` to `target`.

        Raises `hidden` (a NotFound) when the target belongs to a project that is not the caller's, so that nobody
        learns what others have; PolicyForbids otherwise.
        """
        self.marks.authorized = True
        if self.may(rule, target):
            return
        owner = self._target(target).get("project_id")
        if hidden is not None and owner != self.caller.project_id:
            raise hidden
        raise PolicyForbids(rule)

    def acting_for(self, operation_id: str, step: str) -> Context:
        return dataclasses.replace(self, operation_id=operation_id, step=step)

    def _target(self, target: object) -> Mapping[str, Any]:
        if target is None:
            return {
                "project_id": self.caller.project_id,
                "user_id": self.caller.user_id,
                "domain_id": self.caller.domain_id,
            }
        if isinstance(target, Mapping):
            return target
        if dataclasses.is_dataclass(target) and not isinstance(target, type):
            return {f.name: getattr(target, f.name) for f in dataclasses.fields(target)}
        raise TypeError(f"not a policy target: {target!r}")

    def to_record(self) -> dict[str, Any]:
        """What an operation stores of its context, to come back with it."""
        return {
            "request_id": self.request_id,
            "global_request_id": self.global_request_id,
            "caller": dataclasses.asdict(self.caller),
        }

    @classmethod
    def from_record(cls, cloud: Cloud, record: Mapping[str, Any]) -> Context:
        caller = dict(record["caller"])
        caller["roles"] = tuple(caller["roles"])
        return cls(cloud, Caller(**caller), record["request_id"], record["global_request_id"])


def system_context(cloud: Cloud, request_id: str) -> Context:
    """The cloud acting by itself: bootstrap, upkeep, a host's report."""
    return Context(cloud, Caller(user_name="cupola", system=True, roles=("admin", "service")), request_id)
