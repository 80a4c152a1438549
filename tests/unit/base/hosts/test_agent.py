"""The agent of a host: what it does with messages, in a full pass, and when something around it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import pytest

from cupola.base.bus.memory import MemoryBus
from cupola.base.bus.message import REPORTS, Message
from cupola.base.clock import ManualClock
from cupola.base.effects import Effect
from cupola.base.errors import Conflict, Unavailable
from cupola.base.hosts.agent import AFTER_FAILURE, HELLO_EVERY, PASS_EVERY, Agent, Outcome
from cupola.base.hosts.commands import CommandStore
from cupola.base.hosts.control import Document
from cupola.base.hosts.seal import sealed
from cupola.base.observe.findings import Finding
from cupola.base.operations import Report
from cupola.base.runtime import Wakeups
from cupola.testing.simulator import Crash


class Shelf:
    """The control plane: what is wanted of the host."""

    def __init__(self) -> None:
        self.wanted: dict[str, Document] = {}
        self.told: list[Mapping[str, Any]] = []
        self.asked: list[str] = []
        self.away = False
        self.taken = False
        self.database_away = False

    def _answer(self) -> None:
        if self.database_away:
            raise Unavailable("the database is away")
        if self.away:
            raise ConnectionError("the control plane is away")

    def hello(self, host: str, facts: Mapping[str, Any], started_at: datetime, agent: str | None = None) -> None:
        self._answer()
        if self.taken:
            raise Conflict("another agent speaks for this host")
        self.told.append(facts)

    def subjects(self, host: str) -> list[str]:
        self._answer()
        return sorted(self.wanted, reverse=True)

    def documents(
        self, host: str, subjects: Sequence[str], known: Mapping[str, int] = MappingProxyType({})
    ) -> dict[str, Document | None]:
        self._answer()
        self.asked += subjects
        return {subject: self._document(subject, known) for subject in subjects if not subject.startswith("comet")}

    def _document(self, subject: str, known: Mapping[str, int]) -> Document | None:
        document = self.wanted.get(subject)
        same = document is not None and subject in known and known[subject] == document["generation"]
        return {"unchanged": True} if same else document

    def image(self, image_id: str) -> Iterator[bytes]:
        return iter(())

    def metadata(self, network: str, address: str, path: str) -> tuple[int, bytes]:
        return 404, b""


class Workshop:
    """A room: keeps nets and boats, in this order, in memory."""

    kinds = ("net", "boat")
    side_by_side = True

    def __init__(self) -> None:
        self.done: list[str] = []
        self.here: set[str] = set()
        self.broken: set[str] = set()
        self.news = False
        self.no_facts = False
        self.unprepared = False
        self.prepared = 0
        self.meanwhile: Callable[[], object] = lambda: None

    def facts(self) -> Mapping[str, Any]:
        if self.no_facts:
            raise OSError("no such driver")
        return {"boats": 3}

    def prepare(self) -> None:
        self.prepared += 1
        if self.unprepared:
            raise OSError("the water is gone")

    def present(self) -> Sequence[str]:
        return sorted(self.here)

    def converge(self, kind: str, id_: str, document: Document | None) -> Outcome:
        name = f"{kind}/{id_}"
        if name in self.broken:
            raise OSError(f"{name} is broken")
        self.meanwhile()
        self.done.append(name if document is not None else f"{name} gone")
        (self.here.add if document is not None else self.here.discard)(name)
        return Outcome({"made": name}, [Effect(name, "make", "0", 0.1)], self.news)

    def command(self, verb: str, kind: str, id_: str, payload: Mapping[str, Any]) -> Outcome:
        self.done.append(f"{verb} {kind}/{id_}")
        return Outcome({"verb": verb})

    def examine(self, documents: Mapping[str, Document]) -> Sequence[Finding]:
        return [Finding("boat.leaks", name, "it leaks", "caulk it") for name in documents]


class Yard:
    """A host: its agent, and what is around it."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.bus = MemoryBus(Wakeups())
        self.shelf, self.workshop = Shelf(), Workshop()
        self.commands = CommandStore(":memory:")
        self.checkpoints: list[str] = []
        self.crash_at = ""
        self.agent = self.started()

    def started(self) -> Agent:
        return Agent("h1", self.bus, self.shelf, [self.workshop], self.commands, self.clock, self._checkpoint)

    def _checkpoint(self, name: str) -> None:
        self.checkpoints.append(name)
        if name == self.crash_at:
            self.crash_at = ""
            raise Crash(name)

    def say(self, type_: str, subject: str, id_: str = "m1", deadline: str = "", **payload: Any) -> None:
        self.bus.publish(Message(id_, "host.h1", type_, subject, payload, request_id="req-1", deadline=deadline))

    def step(self) -> datetime | None:
        return self.agent.step(self.clock.now())

    def heard(self) -> list[Report]:
        return [Report.from_payload(delivery.message.payload) for delivery in self.bus.receive(REPORTS)]


@pytest.fixture
def yard() -> Yard:
    return Yard()


@pytest.fixture
def quiet(yard: Yard) -> Yard:
    """A host that has said hello and made its first pass."""
    yard.step()
    yard.workshop.done.clear()
    yard.shelf.told.clear()
    return yard


def test_a_new_agent_says_hello_with_the_facts_of_its_rooms_and_again_later(yard: Yard) -> None:
    assert yard.step() == yard.clock.now() + HELLO_EVERY
    assert yard.shelf.told == [{"net": {"boats": 3}}]
    yard.clock.advance(HELLO_EVERY.total_seconds())
    yard.step()
    assert len(yard.shelf.told) == 2


def test_a_host_is_there_and_does_other_things_while_one_takes_long(quiet: Yard) -> None:
    hello, _, *hands = quiet.agent.parts(hands=2)

    def a_minute_passes() -> None:
        quiet.workshop.meanwhile = lambda: None
        quiet.say("converge", "boat/2", "m2")
        quiet.say("converge", "boat/1", "m3")
        for _ in range(6):
            quiet.clock.advance(HELLO_EVERY.total_seconds())
            for component in (hello, hands[1]):
                component.step(quiet.clock.now())

    quiet.workshop.meanwhile = a_minute_passes
    quiet.say("converge", "boat/1")
    while hands[0].step(quiet.clock.now()):
        pass
    assert len(quiet.shelf.told) == 6
    assert [report.message_id for report in quiet.heard()] == ["m2", "m1", "m3"], "one boat is worked on by one hand"


def test_what_is_asked_of_a_thing_while_a_full_pass_looks_at_it_is_done_by_the_pass(quiet: Yard) -> None:
    _, patrol, *hands = quiet.agent.parts(hands=1)
    quiet.shelf.wanted["boat/1"] = {"generation": 1}

    def asked_meanwhile() -> None:
        quiet.workshop.meanwhile = lambda: None
        quiet.say("converge", "boat/1")
        assert hands[0].step(quiet.clock.now()) is None, "it is left to the pass"

    quiet.workshop.meanwhile = asked_meanwhile
    quiet.clock.advance(PASS_EVERY.total_seconds())
    patrol.step(quiet.clock.now())
    assert [report.message_id for report in quiet.heard()] == ["m1"]


def test_a_clock_that_is_set_back_delays_nothing(quiet: Yard) -> None:
    quiet.clock.advance(-86400)
    quiet.shelf.wanted["boat/1"] = {"generation": 1}
    assert quiet.step() == quiet.clock.now() + HELLO_EVERY
    assert (quiet.workshop.done, len(quiet.shelf.told)) == (["boat/1"], 1)


def test_a_thing_is_brought_to_what_is_wanted_now_whatever_the_message_said(quiet: Yard) -> None:
    quiet.shelf.wanted["boat/1"] = {"generation": 2}
    quiet.say("converge", "boat/1", generation=1)
    quiet.say("converge", "boat/2", "m2")
    quiet.step()
    assert quiet.workshop.done == ["boat/1", "boat/2 gone"]
    first, second = quiet.heard()
    assert (first.message_id, first.host, first.ok, first.result) == ("m1", "h1", True, {"made": "boat/1"})
    assert first.effects == ({"what": "boat/1", "call": "make", "result": "0", "seconds": 0.1},)
    assert second.message_id == "m2"


def test_what_several_messages_ask_of_a_thing_is_done_once_and_answered_to_each(quiet: Yard) -> None:
    quiet.shelf.wanted["boat/1"] = {"generation": 2}
    for number in range(3):
        quiet.say("converge", "boat/1", f"m{number}")
    quiet.say("command", "boat/1", "m3", verb="paint")
    quiet.say("converge", "boat/1", "m4")
    quiet.step()
    assert quiet.workshop.done == ["boat/1", "paint boat/1", "boat/1"], "never across what is to be done once"
    reports = quiet.heard()
    assert [(report.message_id, report.ok, len(report.effects)) for report in reports] == [
        ("m0", True, 1),
        ("m1", True, 0),
        ("m2", True, 0),
        ("m3", True, 0),
        ("m4", True, 1),
    ]


def test_a_deadline_that_anybody_can_write_keeps_no_thing_from_being_as_wanted(quiet: Yard) -> None:
    quiet.say("converge", "boat/1", "m1", deadline="2000-01-01T00:00:00+00:00")
    quiet.say("converge", "boat/1", "m2", deadline="soon")
    quiet.say("command", "boat/1", "m3", deadline="2000-01-01T00:00:00+00:00", verb="launch")
    quiet.step()
    assert quiet.workshop.done == ["boat/1 gone"]
    assert [(report.message_id, report.ok) for report in quiet.heard()] == [("m1", True), ("m2", True), ("m3", False)]


def test_what_a_thing_requires_is_made_before_it_and_what_that_requires_before_that(quiet: Yard) -> None:
    quiet.shelf.wanted |= {
        "boat/1": {"generation": 1, "requires": ["boat/tender", "net/a"]},
        "boat/tender": {"generation": 1, "requires": ["net/b", "net/a", "boat/1"]},
        "net/a": {"generation": 1},
        "net/b": {"generation": 1, "requires": ["net/a"]},
    }
    quiet.say("converge", "boat/1")
    quiet.step()
    made = quiet.workshop.done
    assert sorted(made) == ["boat/1", "boat/tender", "net/a", "net/b"], "each once, even in a circle"
    assert made[-1] == "boat/1"
    assert made.index("boat/tender") == 2, "kinds that are made earlier come earlier"
    (report,) = quiet.heard()
    assert report.result == {"made": "boat/1"}
    assert [effect["what"] for effect in report.effects] == made


def test_a_failure_is_an_answer_and_the_next_message_is_handled(quiet: Yard) -> None:
    quiet.workshop.broken.add("boat/1")
    quiet.say("converge", "boat/1")
    quiet.say("converge", "boat/2", "m2")
    quiet.step()
    failed, fine = quiet.heard()
    assert (failed.ok, failed.error) == (False, {"code": "OSError", "message": "boat/1 is broken"})
    assert fine.ok


def test_a_thing_that_no_part_of_the_host_keeps_is_refused_by_name(quiet: Yard) -> None:
    quiet.shelf.wanted["kite/1"] = {"generation": 1}
    quiet.say("converge", "kite/1")
    quiet.say("command", "kite/1", "m2", verb="fly")
    quiet.step()
    assert [report.error["message"] for report in quiet.heard() if report.error] == [
        "this host has no part that keeps a kite"
    ] * 2


def test_of_a_kind_that_the_control_plane_does_not_know_nothing_is_taken_away(quiet: Yard) -> None:
    quiet.workshop.here.add("comet/1")
    quiet.clock.advance(PASS_EVERY.total_seconds())
    quiet.step()
    assert (quiet.workshop.done, quiet.workshop.here) == ([], {"comet/1"})


def test_a_full_pass_takes_away_what_is_extra_then_makes_what_is_wanted_in_order(yard: Yard) -> None:
    yard.workshop.here |= {"boat/old", "net/old", "boat/1"}
    yard.shelf.wanted |= {f"{kind}/{n}": {"generation": 1} for kind in ("boat", "net") for n in (1, 2)}
    yard.step()
    assert yard.workshop.done == ["boat/old gone", "net/old gone", "net/1", "net/2", "boat/1", "boat/2"]


def test_in_a_full_pass_a_failure_of_one_does_not_stop_the_others(yard: Yard) -> None:
    yard.shelf.wanted |= {f"boat/{n}": {"generation": 1} for n in range(3)} | {"kite/1": {"generation": 1}}
    yard.workshop.broken.add("boat/1")
    yard.step()
    assert yard.workshop.done == ["boat/0", "boat/2"]


def test_a_full_pass_asks_for_everything_together_and_brings_each_thing_once(yard: Yard) -> None:
    yard.shelf.wanted |= {f"boat/{n}": {"generation": 1, "requires": ["net/1"]} for n in range(3)}
    yard.shelf.wanted["net/1"] = {"generation": 1}
    yard.step()
    assert yard.shelf.asked == ["net/1", "boat/0", "boat/1", "boat/2"]
    assert yard.workshop.done == ["net/1", "boat/0", "boat/1", "boat/2"]


def test_in_a_full_pass_nothing_is_made_on_what_could_not_be_made(quiet: Yard) -> None:
    quiet.shelf.wanted |= {"net/1": {"generation": 1}, "boat/1": {"generation": 1, "requires": ["net/1"]}}
    quiet.workshop.broken.add("net/1")
    quiet.clock.advance(PASS_EVERY.total_seconds())
    quiet.step()
    assert quiet.workshop.done == []
    quiet.workshop.broken.clear()
    quiet.clock.advance(PASS_EVERY.total_seconds())
    quiet.step()
    assert quiet.workshop.done == ["net/1", "boat/1"]


def test_a_full_pass_looks_at_what_requires_things_that_the_control_plane_does_not_know(quiet: Yard) -> None:
    quiet.shelf.wanted["boat/1"] = {"generation": 1, "requires": ["comet/1"]}
    quiet.clock.advance(PASS_EVERY.total_seconds())
    quiet.step()
    assert quiet.workshop.done == ["boat/1"]


def test_a_full_pass_is_repeated_and_tells_only_news(quiet: Yard) -> None:
    quiet.shelf.wanted["boat/1"] = {"generation": 1}
    quiet.clock.advance(PASS_EVERY.total_seconds())
    quiet.step()
    assert (quiet.workshop.done, quiet.heard()) == (["boat/1"], [])
    quiet.workshop.news = True
    quiet.clock.advance(PASS_EVERY.total_seconds())
    quiet.step()
    (news,) = quiet.heard()
    assert (news.message_id, news.host, news.result) == ("", "h1", {"made": "boat/1"})


@pytest.mark.parametrize("trouble", ["away", "no_facts"])
def test_what_fails_around_it_does_not_keep_it_from_carrying_out_commands(quiet: Yard, trouble: str) -> None:
    quiet.shelf.away, quiet.workshop.no_facts = trouble == "away", trouble == "no_facts"
    quiet.clock.advance(HELLO_EVERY.total_seconds())
    quiet.say("command", "boat/1", verb="launch")
    assert quiet.step() == quiet.clock.now() + AFTER_FAILURE, "it tries again soon"
    assert quiet.workshop.done == ["launch boat/1"]
    quiet.shelf.away = quiet.workshop.no_facts = False
    quiet.clock.advance(AFTER_FAILURE.total_seconds())
    quiet.step()
    assert len(quiet.shelf.told) == 1


def test_an_agent_does_nothing_before_it_knows_that_it_speaks_for_its_host(yard: Yard) -> None:
    yard.shelf.away = True
    yard.shelf.wanted["boat/1"] = {"generation": 1}
    yard.say("command", "boat/1", verb="launch")
    yard.step()
    assert yard.workshop.done == [], "another may do so already"
    yard.shelf.away = False
    yard.clock.advance(AFTER_FAILURE.total_seconds())
    yard.step()
    assert sorted(yard.workshop.done) == ["boat/1", "launch boat/1"]


def test_trouble_with_its_own_facts_does_not_silence_an_agent_that_was_heard(quiet: Yard) -> None:
    quiet.workshop.no_facts = True
    quiet.clock.advance(HELLO_EVERY.total_seconds())
    quiet.say("command", "boat/1", verb="launch")
    quiet.step()
    assert quiet.workshop.done == ["launch boat/1"]


def test_an_agent_that_could_not_say_hello_does_nothing(yard: Yard) -> None:
    yard.workshop.no_facts = True
    yard.say("command", "boat/1", verb="launch")
    yard.step()
    assert yard.workshop.done == [], "another one may speak for the host"


def test_a_full_pass_ends_when_another_agent_speaks_for_the_host(yard: Yard) -> None:
    yard.shelf.wanted |= {f"boat/{number}": {"generation": 1} for number in range(3)}

    def another_comes() -> None:
        yard.shelf.taken = True
        yard.clock.advance(HELLO_EVERY.total_seconds())
        yard.agent.greet(yard.clock.now())

    yard.workshop.meanwhile = another_comes
    yard.step()
    assert yard.workshop.done == ["boat/0"]


def test_a_report_that_cannot_be_sent_does_not_keep_others_from_being_handled(quiet: Yard) -> None:
    quiet.workshop.command = lambda verb, kind, id_, payload: Outcome({"not": object()} if id_ == "1" else {})
    quiet.say("show", "boat/1", verb="look")
    quiet.say("show", "boat/2", "m2", verb="look")
    quiet.step()
    assert [report.message_id for report in quiet.heard()] == ["m2"]
    quiet.bus.requeue("host.h1")
    assert quiet.bus.depth("host.h1") == 0, "both are acknowledged: the outbox asks again"


def test_a_repeated_command_returns_the_stored_report_even_to_a_new_agent(quiet: Yard) -> None:
    quiet.say("command", "boat/1", verb="launch")
    quiet.step()
    quiet.agent = quiet.started()
    quiet.say("command", "boat/1", verb="launch")
    quiet.step()
    assert quiet.workshop.done == ["launch boat/1"]
    first, second = quiet.heard()
    assert first == second


def test_a_question_is_not_kept(quiet: Yard) -> None:
    quiet.say("question", "boat/1", verb="look")
    quiet.step()
    assert [report.result for report in quiet.heard()] == [{"verb": "look"}]
    assert quiet.commands.report_of("m1") is None


@pytest.mark.parametrize("checkpoint", ["agent.begun", "agent.before_report", "agent.before_ack"])
def test_a_command_is_done_once_wherever_the_agent_dies_before_or_after_it(quiet: Yard, checkpoint: str) -> None:
    quiet.crash_at = checkpoint
    quiet.say("command", "boat/1", verb="launch")
    with pytest.raises(Crash):
        quiet.step()
    quiet.bus.requeue("host.h1")
    quiet.agent = quiet.started()
    quiet.step()
    assert quiet.workshop.done == ["launch boat/1"]
    assert {report.message_id for report in quiet.heard()} == {"m1"}


def test_examining_names_the_host_and_leaves_out_what_is_not_the_rooms(quiet: Yard) -> None:
    quiet.shelf.wanted |= {"boat/1": {"generation": 1}, "kite/1": {"generation": 1}}
    quiet.say("examine", "host/h1")
    quiet.step()
    (report,) = quiet.heard()
    assert [(finding["subject"], finding["host"]) for finding in report.result["findings"]] == [("boat/1", "h1")]


def test_more_messages_than_it_takes_at_once_make_it_come_back_at_once(quiet: Yard) -> None:
    for number in range(40):
        quiet.say("converge", f"boat/{number}", f"m{number}")
    assert quiet.step() == quiet.clock.now()
    quiet.step()
    assert len(quiet.workshop.done) == 40


def test_rooms_are_prepared_before_each_full_pass_and_one_that_cannot_be_stops_nothing(yard: Yard) -> None:
    yard.shelf.wanted["boat/1"] = {"generation": 1}
    yard.workshop.unprepared = True
    yard.agent.step(yard.clock.now())
    assert (yard.workshop.prepared, yard.workshop.done) == (1, ["boat/1"])


def test_that_the_control_plane_is_away_is_no_answer_of_the_hosts(quiet: Yard) -> None:
    quiet.shelf.database_away = True
    quiet.say("converge", "boat/1")
    quiet.step()
    assert quiet.heard() == []
    quiet.shelf.database_away = False
    quiet.say("converge", "boat/1")
    quiet.step()
    assert [report.ok for report in quiet.heard()] == [True]


def test_nothing_is_done_for_a_host_that_another_agent_speaks_for(yard: Yard) -> None:
    yard.shelf.taken = True
    yard.shelf.wanted["boat/1"] = {"generation": 1}
    yard.say("converge", "boat/1")
    yard.step()
    assert (yard.workshop.done, yard.heard(), yard.agent.taken) == ([], [], True)
    yard.shelf.taken = False
    yard.clock.advance(AFTER_FAILURE.total_seconds())
    yard.step()
    assert yard.workshop.done and not yard.agent.taken


def test_reports_are_sealed_before_they_leave(yard: Yard) -> None:
    parts = (yard.bus, yard.shelf, [yard.workshop], yard.commands, yard.clock)
    yard.agent = Agent("h1", *parts, credential=lambda: "id.secret")
    yard.say("converge", "boat/1")
    yard.step()
    (delivery,) = yard.bus.receive(REPORTS)
    assert delivery.message == sealed(delivery.message, "id.secret") and delivery.message.seal.startswith("id.")


def test_a_command_without_the_control_planes_seal_is_left(yard: Yard) -> None:
    parts = (yard.bus, yard.shelf, [yard.workshop], yard.commands, yard.clock)
    yard.agent = Agent("h1", *parts, credential=lambda: "id.secret")
    yard.say("command", "boat/1", verb="sink")
    yard.say("command", "boat/2", "m2", verb="sink", seals={"id": "0" * 64})
    yard.step()
    assert (yard.workshop.done, yard.heard()) == ([], [])
