"""What an agent remembers of what it was told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pytest

from cupola.base.hosts.control import Document
from cupola.base.hosts.told import Told


class Desk:
    """The control plane: nets have generations that count, boats have none that do."""

    def __init__(self) -> None:
        self.wanted: dict[str, Document] = {
            "net/1": {"generation": 1, "ports": 1},
            "boat/1": {"generation": 1, "requires": ["net/1"]},
        }
        self.given: list[str] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def documents(
        self, host: str, subjects: Sequence[str], known: Mapping[str, int] = MappingProxyType({})
    ) -> dict[str, Document | None]:
        found: dict[str, Document | None] = {}
        for subject in subjects:
            document = self.wanted.get(subject)
            if document and subject.startswith("net/") and known.get(subject) == document["generation"]:
                found[subject] = {"unchanged": True}
            elif not subject.startswith("comet/"):
                self.given.append(subject)
                found[subject] = document
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return found


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def told(desk: Any) -> Told:
    return Told("h1", desk)


def test_what_is_asked_for_comes_with_what_it_requires(desk: Desk, told: Told) -> None:
    assert told.ask(["boat/1"]) == {"boat/1", "net/1"}
    assert told.document("net/1") == desk.wanted["net/1"]
    assert told.required("boat/1") == ("net/1",)


def test_what_did_not_change_is_not_told_again(desk: Desk, told: Told) -> None:
    told.ask(["boat/1"])
    told.ask(["boat/1"])
    assert desk.given == ["boat/1", "net/1", "boat/1"]
    desk.wanted["net/1"] = {"generation": 2, "ports": 2}
    told.ask(["boat/1"])
    assert desk.given[-2:] == ["boat/1", "net/1"]
    assert told.document("net/1") == {"generation": 2, "ports": 2}


def test_what_nobody_knows_is_not_there_and_what_is_to_be_gone_is_none(desk: Desk, told: Told) -> None:
    assert told.ask(["net/2", "comet/1"]) == {"net/2"}
    assert told.document("net/2") is None


def test_what_was_asked_later_counts_though_it_was_answered_before(desk: Desk, told: Told) -> None:
    def removed_meanwhile() -> None:
        del desk.wanted["net/1"]
        told.ask(["net/1"])

    desk.meanwhile = removed_meanwhile
    told.ask(["net/1"])
    assert told.document("net/1") is None


def test_what_is_gone_is_forgotten_but_not_at_once(desk: Desk, told: Told) -> None:
    told.ask(["net/1", "net/2"])
    told.forget_what_is_gone()
    assert told.document("net/2") is None
    told.forget_what_is_gone()
    assert not told.knows("net/2")
    assert (told.document("net/2"), told.required("net/2")) == (None, ()), "who is still about it may ask"
    assert told.document("net/1") == desk.wanted["net/1"]
