"""Whatever is sent: an answer in the API's own form that names what is wrong, no fault, and nothing half made.

Every place of every good body is given the values of `badness.ALWAYS` and a few others; so are paths, queries and
headers. Which others, a seed says for each route, so that a new route changes nothing for those that are there.
"""

from __future__ import annotations

import html
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.matrix import badness
from tests.matrix.bodies import body_of
from tests.matrix.roles import things_of
from tests.matrix.world import Call, World, make_world

from cupola.testing.http import Answer

SEED = 1
MORE_VALUES, IDS, QUERIES, PARAMETERS, HEADERS = 2, 6, 3, 16, 4
"""How many are chosen: for a place of a body, a variable of a path, a parameter; parameters and headers of a route."""
REQUESTS = 1000
UPKEEP = 600.0
"""Seconds in which the cloud mends what users took apart."""
JSON = {"Content-Type": "application/json"}
FAULTS = (500, 502, 504)
ASKS_HOSTS = "os-getConsoleOutput"
"""The action for which a host is asked while the caller waits; simulated ones print nothing."""
ALSO_CALLED = {"project_id": "tenant_id", "flavorRef": "flavor", "availability_zone": "host"}


@dataclass(frozen=True)
class Bad:
    """A bad body, how it came to be, and the words of which a refusal has to have one (if there are any)."""

    how: str
    content: bytes
    words: tuple[str, ...] = ()


def of_bodies(world: World, call: Call) -> Iterator[Bad]:
    """Bad bodies of a route: its good one, with something else somewhere."""
    body, chance = body_of(world, call), chance_of(call)
    for place in badness.places(call, body):
        for value in (*badness.ALWAYS, *chance.sample(badness.VALUES, MORE_VALUES)):
            yield Bad(f"{place} = {value!r}"[:300], _json(badness.put(body, place, value)), _words(place, value))
        if place:
            yield Bad(f"without {place}", _json(badness.without(body, place)), (*_words(place, "{}"), "no such action"))
        if isinstance(badness.get(body, place), dict):
            yield Bad(f"unknown in {place}", _json(badness.put(body, (*place, "unknown"), "x")), ("unknown",))
    yield Bad("deep", _json(badness.put(body, badness.places(call, body)[-1], badness.DEEP)))


def chance_of(call: Call) -> random.Random:
    return random.Random(f"{SEED} {call.name}")


def _json(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def _words(place: badness.Place, value: Any) -> tuple[str, ...]:
    """What names a place: its name, that of what it is in, or what was given."""
    if isinstance(value, (dict, list)) or value in ("", " ") or not place:
        return ()
    names = [str(part) for part in place[-2:]]
    return (*names, *(ALSO_CALLED[name] for name in names if name in ALSO_CALLED), str(value)[:40])


def message(call: Call, answer: Answer) -> str:
    """What a refusal says; nothing if it is not in the form of its API."""
    text = answer.content.decode()
    if call.api.service == "image":
        return html.unescape(text) if str(answer.status) in text else ""
    try:
        body = json.loads(text)
    except ValueError:
        return text if answer.status == 404 and call.api.service == "identity" else ""
    if call.api.service == "network":
        error = body.get("NeutronError", {})
        return str(error["message"]) if set(error) == {"type", "message", "detail"} and error["type"] else ""
    if call.api.service in ("placement", "lens", "hosts"):
        return str(body["errors"][0]["detail"]) if body["errors"][0]["status"] == answer.status else ""
    (error,) = body.values()
    return str(error["message"]) if error["code"] == answer.status else ""


def complaint(call: Call, answer: Answer, words: tuple[str, ...] = ()) -> str:
    """What is wrong with an answer; nothing if it is as this API answers."""
    if answer.status in FAULTS or (answer.status == 503 and call.route.action != ASKS_HOSTS):
        return f"{answer.status} {answer.content[:300]!r}"
    if answer.status < 400 or call.route.method == "HEAD":
        return ""
    said = message(call, answer)
    if not said:
        return f"not in form: {answer.status} {answer.content[:300]!r}"
    plain = said.lower().replace(" ", "_")
    if answer.status == 400 and words and not any(word.lower().replace(" ", "_") in plain for word in words):
        return f"does not name it: {said[:300]}"
    return ""


def sent(world: World, call: Call, **more: Any) -> tuple[Answer, int]:
    """The answer to an administrator, to whom everything is open, and how many rows were written."""
    before = world.cloud.database.statistics.rows_written
    answer = world.ask(call, world.tokens[call.mighty], **{"things": things_of(world, call), **more})
    written = world.cloud.database.statistics.rows_written - before
    if call.writes and answer.status < 400:
        world.restore()
    return answer, written


def test_no_body_is_too_bad(world: World) -> None:
    bad = []
    for call in [call for call in world.calls() if call.route.body]:
        for each in of_bodies(world, call):
            answer, written = sent(world, call, content=each.content, headers=JSON)
            if wrong := complaint(call, answer, each.words):
                bad.append((call.name, each.how, wrong))
            if answer.status >= 400 and written > 1 and call.route.action != ASKS_HOSTS:
                bad.append((call.name, each.how, f"left {written} rows besides the ledger's note"))
        world.restore()
    assert bad == []
    assert world.cloud.findings() == []


def test_what_is_no_body_is_refused(world: World) -> None:
    bad = []
    for call in [call for call in world.calls() if call.route.body]:
        for how, content in badness.RAW.items():
            answer, _ = sent(world, call, content=content, headers=JSON)
            if answer.status < 400 or (wrong := complaint(call, answer)):
                bad.append((call.name, how, wrong if answer.status >= 400 else "was taken"))
        good = _json(body_of(world, call))
        answer, _ = sent(world, call, content=good, headers={"Content-Type": "application/xml"})
        if (call.api.media and answer.status not in (400, 415)) or complaint(call, answer):
            bad.append((call.name, "another media type", answer.content[:300]))
    assert bad == []


def test_no_path_is_too_bad(world: World) -> None:
    bad = []
    for call in [call for call in world.calls() if call.parts]:
        chance, body, things = chance_of(call), body_of(world, call), things_of(world, call)
        for kind in re.findall(r"([\w.-]+)/\{", call.route.path):
            for id_ in chance.sample(badness.IDS, IDS):
                answer, _ = sent(world, call, body=body, things={**things, kind: id_})
                if wrong := complaint(call, answer):
                    bad.append((call.name, kind, id_, wrong))
    assert bad == []


def test_no_query_is_too_bad(world: World) -> None:
    bad = []
    for call in [call for call in world.calls() if call.route.method == "GET"]:
        chance, unknown = chance_of(call), 2 if call.parts else PARAMETERS
        known = {name for schema in call.route.query.values() for name in schema.get("properties", {})}
        for name in (*sorted(known), *chance.sample(badness.NAMES, unknown)):
            for value in chance.sample(badness.QUERY, QUERIES):
                answer, _ = sent(world, call, query=f"?{name}={value}")
                if wrong := complaint(call, answer):
                    bad.append((call.name, name, value, wrong))
    assert bad == []


def test_no_header_is_too_bad(world: World) -> None:
    bad = []
    for call in world.calls():
        chance, body = chance_of(call), body_of(world, call)
        for name in chance.sample(sorted(badness.HEADERS), HEADERS):
            value = chance.choice(badness.HEADERS[name])
            answer, _ = sent(world, call, body=body, headers={name: value})
            if wrong := complaint(call, answer):
                bad.append((call.name, name, value, wrong))
    assert bad == []


@pytest.mark.parametrize("seed", range(2))
def test_the_cloud_lives_with_all_that_it_accepted(tmp_path: Path, seed: int) -> None:
    """Strange requests one after the other, none taken back; hosts then do what is wanted of them."""
    chance, world, accepted = random.Random(seed), make_world(tmp_path), 0
    calls = [call for call in world.calls() if call.route.body and call.api.service != "identity"]
    for _ in range(REQUESTS):
        call = chance.choice(calls)
        body = body_of(world, call)
        body = badness.put(body, chance.choice(badness.places(call, body)), chance.choice(badness.VALUES))
        token = world.tokens[chance.choice((call.mighty, "member"))]
        answer = world.ask(call, token, things=things_of(world, call), content=_json(body), headers=JSON)
        assert not complaint(call, answer), (call.name, body, answer.content)
        accepted += answer.status < 400
    world.cloud.settle()
    world.cloud.run_for(UPKEEP)
    assert accepted > REQUESTS / 20
    assert world.cloud.findings() == []
    for call in world.calls():
        if call.route.method == "GET" and call.route.rule is not None:
            assert not complaint(call, sent(world, call)[0]), call.name
