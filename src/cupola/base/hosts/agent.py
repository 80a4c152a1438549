"""The agent: one per host. It brings the host to what is wanted, carries out commands, and reports what it saw.

A `converge` message names a thing; the agent fetches the document of what is wanted of it *now* and hands it to the
room (compute, network, volume) of its kind. So a message that is late, repeated or out of order does no harm, and one
that is lost is made up for by the next full pass. A `command` (reboot) is stored durably before it is acted on; a
repeat of it returns the stored report. A `question` (console text) is a command that changes nothing: it is not stored.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any, Protocol

from cupola.base.bus.message import REPORTS, Message, host_topic
from cupola.base.bus.protocol import Bus, Delivery
from cupola.base.bus.report import Report
from cupola.base.clock import Clock, is_due
from cupola.base.effects import Effect
from cupola.base.errors import Conflict, CupolaError, Unavailable
from cupola.base.hosts.commands import CommandStore
from cupola.base.hosts.control import Control, Document
from cupola.base.hosts.lanes import Lanes
from cupola.base.hosts.seal import is_order, sealed
from cupola.base.hosts.told import Told
from cupola.base.observe.findings import Finding
from cupola.base.observe.log import about
from cupola.base.observe.metrics import AGENT_WORK
from cupola.base.runtime import Component

log = logging.getLogger(__name__)

HELLO_EVERY = timedelta(seconds=20)
PASS_EVERY = timedelta(seconds=60)
AFTER_FAILURE = timedelta(seconds=5)
AFTER_SILENCE = timedelta(seconds=1)
LONGEST_WORK = timedelta(minutes=30)
"""A step of a component of ours that takes longer hangs: an image may be large, and its way to us slow."""


@dataclass(frozen=True)
class Outcome:
    """What a room did and saw. `news` is True when it saw something that nobody asked for (a guest that stopped)."""

    result: Mapping[str, Any] = field(default_factory=dict)
    effects: Sequence[Effect] = ()
    news: bool = False


class Room(Protocol):
    """The part of a service that runs on a host."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of things it keeps, in the order they are made."""
        ...

    @property
    def side_by_side(self) -> bool:
        """Whether several of its things may be worked on at once. Rooms where not are worked in one at a time."""
        ...

    def facts(self) -> Mapping[str, Any]:
        """What it offers, told with each hello under the first of its kinds."""
        ...

    def prepare(self) -> None:
        """Put right, before each full pass, what its things stand on and is itself no thing of its kinds."""
        ...

    def present(self) -> Sequence[str]:
        """What is on this host, as "kind/id"."""
        ...

    def converge(self, kind: str, id_: str, document: Document | None) -> Outcome:
        """Bring one thing to what is wanted (None: gone). Raises an error with `code` and message if it cannot."""
        ...

    def command(self, verb: str, kind: str, id_: str, payload: Mapping[str, Any]) -> Outcome:
        """Do something once."""
        ...

    def examine(self, documents: Mapping[str, Document]) -> Sequence[Finding]:
        """What is really here and differs from the documents of its kinds, by "kind/id": for doctor."""
        ...


class Agent:
    """A host's agent, as a component."""

    def __init__(
        self,
        host: str,
        bus: Bus,
        control: Control,
        rooms: Sequence[Room],
        commands: CommandStore,
        clock: Clock,
        checkpoint: Callable[[str], None] = lambda name: None,
        credential: Callable[[], str] | None = None,
    ) -> None:
        """`credential` is what reports are sealed with, and orders must be; None where nobody else can speak."""
        self.host = host
        self.name = host_topic(host)
        self._bus = bus
        self._control = control
        self._told = Told(host, control)
        self._fit: dict[str, int] = {}  # the generations that things were brought to
        self._rooms = {kind: room for room in rooms for kind in room.kinds}
        self._order = [kind for room in rooms for kind in room.kinds]
        self._commands = commands
        self._clock = clock
        self._checkpoint = checkpoint
        self._credential = credential
        self._answered = self._taken = False
        self._started_at = clock.now()
        self._hello_at = self._pass_at = clock.now()
        self.away: str | None = "it was not asked yet"
        """Why the control plane did not take our last hello; None: it did."""
        self._lanes: Lanes[Delivery | None] = Lanes(self._serve)
        self._one_at_a_time = threading.RLock()

    @property
    def taken(self) -> bool:
        """Whether another agent speaks for this host."""
        return self._taken

    @property
    def silenced(self) -> bool:
        """Whether another agent speaks for this host, or may do so for all that is known: then nothing is done here."""
        return self._taken or not self._answered

    def step(self, now: datetime) -> datetime | None:
        """All of its work, one thing after the other."""
        hello_at, pass_at = self.greet(now), self.patrol(now)
        return self.work(now) or min(hello_at, pass_at)

    def parts(self, hands: int) -> list[Component]:
        """The same as several components: what takes long, in one of its `hands`, delays nothing else."""
        return [
            _Part(f"{self.name} hello", self.greet),
            _Part(f"{self.name} pass", self.patrol),
            *(_Part(self.name, partial(self.work, most=1)) for _ in range(hands)),
        ]

    def greet(self, now: datetime) -> datetime:
        """Say hello if it is time to; returns when it is again."""
        if is_due(self._hello_at, now, HELLO_EVERY):
            self._hello_at = now + (HELLO_EVERY if self._managed("hello", "hello", self._hello) else AFTER_FAILURE)
        return self._hello_at

    def patrol(self, now: datetime) -> datetime:
        """Make a full pass if it is time to; returns when it is again."""
        if self.silenced:
            return max(self._pass_at, now + AFTER_SILENCE)
        if is_due(self._pass_at, now, PASS_EVERY):
            self._pass_at = now + (PASS_EVERY if self._managed("pass", "a full pass", self._pass) else AFTER_FAILURE)
        return self._pass_at

    def work(self, now: datetime, most: int = 32) -> datetime | None:
        """Do what messages ask for, at most so many; returns `now` if there are more."""
        if self.silenced:
            return now + AFTER_SILENCE
        by_subject: dict[str, list[Delivery | None]] = {}
        for delivery in self._bus.receive(self.name, most):
            by_subject.setdefault(delivery.message.subject, []).append(delivery)
        for subject, deliveries in by_subject.items():
            self._lanes.run(subject, deliveries)
        return now if self._lanes.go_on() or self._bus.depth(self.name) else None

    def _serve(self, subject: str, asked: Sequence[Delivery | None]) -> None:
        """Do what was asked of a thing, in this order (None: the full pass looks at it). What asks only that it be as
        wanted is done once for all that ask it together: each of them was sent before its document is fetched."""
        for together, group in groupby(asked, _can_be_shared):
            deliveries = list(group)
            messages = [delivery for delivery in deliveries if delivery is not None]
            if not messages:
                self._look(subject)
            elif together:
                self._take(messages)
            else:
                for delivery in messages:
                    self._take([delivery])

    def _take(self, deliveries: Sequence[Delivery]) -> None:
        messages = [delivery.message for delivery in deliveries]
        first = messages[0]
        with about(host=self.host, **first.about()):
            self._managed(first.type, f"message {first.id}", partial(self._handle, messages))
        self._checkpoint("agent.before_ack")
        for delivery in deliveries:
            delivery.ack()  # what could not be reported is asked again

    def _managed(self, work: str, what: str, do: Callable[[], None]) -> bool:
        """Whether `do` went well: neither a control plane that is away nor a broken driver stops what else is due."""
        try:
            do()
        except Exception as error:
            expected = isinstance(error, CupolaError)  # it was said why, and it is tried again
            log.error("host %s: %s failed: %s", self.host, what, error, exc_info=not expected)
            AGENT_WORK.labels(work, "failed").inc()
            return False
        AGENT_WORK.labels(work, "done").inc()
        return True

    def _hello(self) -> None:
        facts = {room.kinds[0]: dict(room.facts()) for room in self._distinct_rooms()}
        try:
            self._control.hello(self.host, facts, self._started_at, self._commands.owner)
        except Exception as error:
            self._taken = self._taken or isinstance(error, Conflict)
            self.away = str(error) or type(error).__name__
            raise
        self.away, self._taken, self._answered = None, False, True

    def _distinct_rooms(self) -> list[Room]:
        return list(dict.fromkeys(self._rooms.values()))

    # messages -----------------------------------------------------------------------------------------------------

    def _handle(self, messages: Sequence[Message]) -> None:
        """Answer messages by one attempt. The effects it had are told with the first."""
        received, first = self._clock.now(), messages[0]
        if self._credential and first.type != "converge" and not is_order(first, self._credential()):
            log.warning("host %s: %s %s bears no seal of the control plane: left", self.host, first.type, first.id)
            return
        stored = self._commands.report_of(first.id) if first.type == "command" else None
        if stored is not None:
            self._send(first, stored)
            return
        outcome, error = self._attempt(first)
        report = Report(
            message_id=first.id,
            host=self.host,
            ok=error is None,
            result=dict(outcome.result),
            error=error,
            effects=tuple(asdict(effect) for effect in outcome.effects),
            received_at=received.isoformat(),
            done_at=self._clock.now().isoformat(),
            asked=first.type,
            asks=first.payload.get("asks"),
        )
        if error is None:
            log.info("host %s: %s of %s is done: %d effects", self.host, first.type, first.subject, len(report.effects))
        if first.type == "command":
            self._commands.finished(first.id, report)
        self._checkpoint("agent.before_report")
        self._send(first, report)
        for message in messages[1:]:
            own = replace(report, message_id=message.id, effects=(), asks=message.payload.get("asks"))
            self._send(message, own)

    def _attempt(self, message: Message) -> tuple[Outcome, dict[str, Any] | None]:
        if _is_late(message, self._clock.now()):
            return Outcome(), {"code": "TooLate", "message": f"Nobody has waited for it since {message.deadline}."}
        try:
            if message.type == "converge":
                return self._converge(message.subject), None
            if message.type == "examine":
                return Outcome({"findings": [asdict(finding) for finding in self._examine()]}), None
            kind, _, id_ = message.subject.partition("/")
            if message.type == "command":
                deadline = datetime.fromisoformat(message.deadline) if message.deadline else None
                self._commands.begin(message.id, deadline)
                self._checkpoint("agent.begun")
            return self._room_of(message.subject).command(message.payload["verb"], kind, id_, message.payload), None
        except Unavailable:  # the control plane: this is no answer of the host's, and it is asked again
            raise
        except Exception as error:  # whatever goes wrong on a host is an answer to whoever asked
            log.warning("host %s: %s of %s failed: %s", self.host, message.type, message.subject, error, exc_info=True)
            return Outcome(effects=getattr(error, "effects", ())), _described(error)

    def _send(self, message: Message, report: Report) -> None:
        self._publish(
            Message(
                id=message.id,
                topic=REPORTS,
                type="report",
                subject=message.subject,
                payload=report.to_payload(),
                request_id=message.request_id,
                operation_id=message.operation_id,
                sent_at=message.sent_at,
            )
        )

    # convergence --------------------------------------------------------------------------------------------------

    def _converge(self, subject: str) -> Outcome:
        """Bring a thing, and before it what it requires, to what is wanted; the outcome is that of the thing."""
        effects: list[Effect] = []
        outcome = Outcome()
        known = self._told.ask([subject])
        names = sorted(known, key=lambda name: (name == subject, self._place(name), name))
        apart = subject in known and self._room_of(subject).side_by_side
        with self._one_at_a_time:
            for name in names[:-1] if apart else names:
                outcome = self._bring(name, effects)
        if apart:
            outcome = self._bring(subject, effects)
        return Outcome(outcome.result, effects, outcome.news)

    def _bring(self, name: str, effects: list[Effect]) -> Outcome:
        """Bring one thing to what is known to be wanted, which may be newer than what was asked for."""
        kind, _, id_ = name.partition("/")
        document = self._told.document(name)
        self._fit.pop(name, None)
        outcome = self._room_of(name).converge(kind, id_, document)
        if document is not None:
            self._fit[name] = document["generation"]
        effects += outcome.effects
        self._checkpoint(f"agent.converged {kind}")
        return outcome

    def _pass(self) -> None:
        """Everything that is wanted here, and everything that is here and not wanted."""
        for room in self._distinct_rooms():
            self._prepare(room)
        wanted = self._control.subjects(self.host)
        known = set(wanted)
        extra = [subject for room in self._distinct_rooms() for subject in self._present(room) if subject not in known]
        extra.sort(key=lambda subject: (-self._place(subject), subject))
        wanted.sort(key=lambda subject: (self._place(subject), subject))
        known = self._told.ask([*extra, *wanted])
        for subject in [*extra, *wanted]:
            if self.silenced:
                return
            if subject in known:
                self._lanes.run(subject, [None])
                self._lanes.go_on()  # what was asked of it meanwhile: no hand is woken for that
        self._told.forget_what_is_gone()

    def _look(self, subject: str) -> None:
        """See to it that a thing is as wanted, though nobody asked. What it requires was looked at before."""
        with about(host=self.host, resource=subject):
            try:
                outcome = self._look_at(subject)
            except Exception as error:  # noqa: BLE001 - one thing that fails must not stop the others
                log.warning("host %s: %s is not as wanted: %s", self.host, subject, error)
                return
            if outcome.news:
                self._tell(subject, outcome)

    def _look_at(self, subject: str) -> Outcome:
        if not all(self._is_fit(name) for name in self._told.required(subject)):
            return self._converge(subject)
        if self._room_of(subject).side_by_side:
            return self._bring(subject, [])
        with self._one_at_a_time:
            return self._bring(subject, [])

    def _is_fit(self, name: str) -> bool:
        """Whether a thing was brought to what is known to be wanted of it; so is what the control plane knows not."""
        return not self._told.knows(name) or self._fit.get(name, 0) == self._told.generation(name)

    def _prepare(self, room: Room) -> None:
        try:
            with self._one_at_a_time:
                room.prepare()
        except Exception as error:  # noqa: BLE001 - what can be done without it must be
            log.warning("host %s is not ready for a %s: %s", self.host, room.kinds[0], error)

    def _present(self, room: Room) -> Sequence[str]:
        """What is here of a room's kinds; nothing when it cannot tell now: the next pass sees what is not wanted."""
        try:
            return room.present()
        except Exception as error:  # noqa: BLE001 - the other rooms' things must be seen to
            log.warning("host %s cannot tell what there is of kind %s: %s", self.host, room.kinds[0], error)
            return ()

    def _place(self, subject: str) -> int:
        """The place of a thing's kind in the order in which things are made."""
        kind = subject.partition("/")[0]
        return self._order.index(kind) if kind in self._order else len(self._order)

    def _room_of(self, subject: str) -> Room:
        kind = subject.partition("/")[0]
        if kind not in self._rooms:
            raise LookupError(f"this host has no part that keeps a {kind}")
        return self._rooms[kind]

    def _examine(self) -> list[Finding]:
        subjects = self._told.ask(self._control.subjects(self.host), afresh=True)
        wanted = {name: self._told.document(name) for name in subjects}
        findings: list[Finding] = []
        for room in self._distinct_rooms():
            mine = {s: doc for s, doc in wanted.items() if doc is not None and s.partition("/")[0] in room.kinds}
            with self._one_at_a_time:
                findings += [replace(finding, host=self.host) for finding in room.examine(mine)]
        return findings

    def _tell(self, subject: str, outcome: Outcome) -> None:
        """Report what nobody asked for."""
        now = self._clock.now().isoformat()
        effects = tuple(asdict(effect) for effect in outcome.effects)
        report = Report("", self.host, True, dict(outcome.result), None, effects, now, now)
        self._publish(Message(id="", topic=REPORTS, type="report", subject=subject, payload=report.to_payload()))

    def _publish(self, report: Message) -> None:
        self._bus.publish(sealed(report, self._credential()) if self._credential else report)


@dataclass(frozen=True)
class _Part:
    """A component that does one part of an agent's work."""

    name: str
    step: Callable[[datetime], datetime | None]
    longest_step: timedelta = LONGEST_WORK


def _can_be_shared(delivery: Delivery | None) -> bool:
    """Whether one look at what is wanted answers it, with others like it."""
    return delivery is None or delivery.message.type == "converge"


def _is_late(message: Message, now: datetime) -> bool:
    """Whether nobody waits for it any more. Somebody always does for what is to converge, which anybody may send."""
    return message.type != "converge" and bool(message.deadline) and now > datetime.fromisoformat(message.deadline)


def _described(error: Exception) -> dict[str, Any]:
    return {"code": getattr(error, "code", "") or type(error).__name__, "message": str(error) or type(error).__name__}
