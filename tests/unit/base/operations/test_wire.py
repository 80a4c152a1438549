"""What programs of different versions read of each other: messages, reports, and rows of the outbox.

While a cloud is brought to another version, conductors and APIs of the new one understand hosts of the old one, and
conductors of both share the outbox. What is written today is `wire.json`. If this fails because it was changed on
purpose: see to it that the version before understands it (who does not know a field leaves it out; one that is gone,
or that seals vouch for, is missed) or say in CHANGELOG.md that it does not; then bring `wire.json` up to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import insert, select
from tests.unit.base.operations.conftest import Lamps

from cupola.base.bus.message import REPORTS, Message
from cupola.base.db.transaction import Transaction
from cupola.base.effects import Effect
from cupola.base.hosts.agent import Agent, Outcome
from cupola.base.hosts.control import LocalControl
from cupola.base.hosts.tables import credentials
from cupola.base.operations.conductor import Recorder
from cupola.base.operations.tables import outbox

TODAY = Path(__file__).with_name("wire.json")
SECRET = "secret"


class Switches(Lamps):
    """Lamps that tell what was done to them."""

    def command(self, verb: str, kind: str, id_: str, payload: Mapping[str, Any]) -> Outcome:
        return Outcome({"verb": verb}, [Effect(f"{kind} {id_}", verb, "0", 0.5)])


def test_what_is_said_and_written_is_what_other_versions_know(house: Any) -> None:
    home, lamps = house(), Switches()
    home.ctx.transact("credential", lambda tx: _credential(tx))
    control = LocalControl(home.cloud, {"lamp": lamps}, _nothing, _nothing)
    agent = Agent("h1", home.bus, control, [lamps], home.commands, home.clock, credential=lambda: f"c0ffee.{SECRET}")
    agent.greet(home.clock.now())
    box, later = home.engine.outbox, home.clock.now() + timedelta(seconds=30)
    wanted = [("h1", "lamp/one")]
    home.ctx.transact("change", lambda tx: box.converge(tx, home.ctx, wanted))
    home.ctx.transact("order", lambda tx: box.queue(tx, home.ctx, "h1", "command", "lamp/two", {"verb": "dim"}, later))
    said = [each.message for each in home.bus.receive("host.h1")]
    written = _rows(home)
    _say(home, said)
    agent.work(home.clock.now())
    heard = [each.message for each in home.bus.receive(REPORTS)]
    _say(home, heard)
    Recorder(home.cloud, home.bus, home.engine, {}, sealed=True).step(home.clock.now())
    now = {"messages": said, "reports": heard, "rows": written, "rows that ended": _rows(home)}
    assert orjson.loads(orjson.dumps(now)) == orjson.loads(TODAY.read_bytes())


def _credential(tx: Transaction) -> None:
    hashed = hashlib.sha256(SECRET.encode()).hexdigest()
    tx.execute(insert(credentials).values(id="c0ffee", host="h1", secret_hash=hashed, created_at=tx.now))


def _rows(home: Any) -> list[dict[str, Any]]:
    found = home.rows(select(outbox).order_by(outbox.c.type))
    return [{str(name): value for name, value in row.items()} for row in found]


def _say(home: Any, messages: list[Message]) -> None:
    for message in messages:
        home.bus.publish(Message.decode(message.encode()))


def _nothing(*_: object) -> Any:
    raise AssertionError("nobody asks for images or metadata")
