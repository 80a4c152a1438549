"""How many messages are lost, or acted on twice, while RabbitMQ is killed and started again.

    python -m benchmarks.messages [--count 120000] [--kills 5] [--wipe] [--minutes 30]

The parts between are the real ones: the outbox in a database, the relay, the recorder and the AMQP bus in this process;
in another one an agent with its durable memory of commands. A message is *lost* if its outbox row never ends as done,
and *acted on twice* if the agent's room was asked to carry it out more than once. Broker and database are the run's
own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from cupola.base.bus.amqp import AmqpBus
from cupola.base.bus.brokers import BrokerSettings, brokers_of
from cupola.base.clock import SystemClock
from cupola.base.context import Cloud, Context, system_context
from cupola.base.db.migrations import sync
from cupola.base.db.transaction import Database, Transaction
from cupola.base.hosts.agent import Agent, Outcome
from cupola.base.hosts.commands import CommandStore
from cupola.base.hosts.control import Document
from cupola.base.ids import RandomIds, request_id
from cupola.base.observe.findings import Finding
from cupola.base.operations import Engine, Outbox
from cupola.base.operations.conductor import Recorder
from cupola.base.operations.relay import Relay
from cupola.base.operations.tables import outbox
from cupola.base.policy import Enforcer
from cupola.base.runtime import Threads, Wakeups
from cupola.testing.servers.rabbitmq import RabbitServer, rabbitmq_server

HOST = "h1"
BATCH = 100
"""messages of one transaction"""
UNDER_WAY = 100
"""messages that wait for their report at once"""
DOWN = 3.0
"""seconds between the end of a broker and its next start"""
DONE_WITHIN = 180.0
"""seconds after the last message in which all must have ended"""


@dataclass(frozen=True)
class Figures:
    """What was seen. `copies`: deliveries of what had been carried out before, answered from the agent's memory."""

    messages: int
    lost: int
    twice: int
    copies: int
    sent_again: int
    kills: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.messages} messages, RabbitMQ killed {self.kills} times: {self.lost} lost, {self.twice} acted on"
            f" twice; {self.copies} copies answered from memory, {self.sent_again} sent again by the relay;"
            f" {self.seconds:.0f} s, {self.messages / self.seconds:.0f} a second"
        )


# the agent's process --------------------------------------------------------------------------------------------------


class Room:
    """Carries commands out, and counts them."""

    kinds = ("thing",)
    side_by_side = True

    def __init__(self) -> None:
        self.carried_out: Counter[str] = Counter()

    def facts(self) -> Mapping[str, Any]:
        return {}

    def prepare(self) -> None:
        """There is nothing to stand on."""

    def present(self) -> Sequence[str]:
        return ()

    def converge(self, kind: str, id_: str, document: Document | None) -> Outcome:
        raise NotImplementedError

    def command(self, verb: str, kind: str, id_: str, payload: Mapping[str, Any]) -> Outcome:
        self.carried_out[id_] += 1
        return Outcome({"done": id_})

    def examine(self, documents: Mapping[str, Document]) -> Sequence[Finding]:
        return ()


class NoControl:
    """A control plane that wants nothing."""

    def hello(self, *told: object) -> None:
        """Heard."""

    def subjects(self, host: str) -> list[str]:
        return []

    def documents(self, host: str, subjects: Sequence[str], *known: object) -> dict[str, Document | None]:
        return {}

    def image(self, image_id: str, start: int = 0) -> Iterator[bytes]:
        return iter(())

    def metadata(self, network: str, address: str, path: str) -> tuple[int, bytes]:
        return 404, b""


class CountingStore(CommandStore):
    """The real memory of commands, which also counts how often it was asked."""

    asked = 0

    def report_of(self, message_id: str) -> Any:
        self.asked += 1
        return super().report_of(message_id)


def be_the_agent() -> None:
    """Work until standard input ends, then print what was done."""
    said = json.loads(sys.stdin.readline())
    clock, wakeups, room = SystemClock(), Wakeups(), Room()
    bus, store = _bus(said["url"], wakeups, "agent"), CountingStore(Path(said["directory"], "commands.db"))
    threads = Threads(clock, wakeups)
    threads.start(Agent(HOST, bus, NoControl(), [room], store, clock).parts(hands=4))
    sys.stdin.read()
    threads.stop()
    bus.close()
    done = room.carried_out
    twice = sum(1 for times in done.values() if times > 1)
    print(json.dumps({"carried_out": len(done), "twice": twice, "copies": store.asked - done.total()}))


# the conductor's process ----------------------------------------------------------------------------------------------


def run(count: int, kills: int, wipe: bool = False, within: float = 1800.0) -> Figures:
    """Send `count` commands, or as many as go in `within` seconds, while the broker is killed `kills` times; with
    `wipe` it forgets everything at the last."""
    with tempfile.TemporaryDirectory(prefix="cupola-messages-") as directory, rabbitmq_server() as server:
        agent = _start_agent(server.url, directory)
        conductor = _Conductor(server.url, Path(directory))
        killer = _Killer(server, conductor, count, kills, wipe)
        began = time.monotonic()
        killer.start()
        try:
            conductor.send(count, began + within)
            killer.join()
            lost = conductor.wait()
            seconds = time.monotonic() - began
            told, _ = agent.communicate(timeout=60)
        finally:
            agent.kill()
            agent.wait()
            sent_again = conductor.close()
        said = json.loads(told)
        return Figures(conductor.sent, lost, said["twice"], said["copies"], sent_again, killer.killed, seconds)


def _bus(url: str, wakeups: Wakeups, name: str) -> AmqpBus:
    settings = BrokerSettings()
    return AmqpBus(brokers_of(url, settings), settings, wakeups, name)


def _start_agent(url: str, directory: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.messages", "--agent"]
    agent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert agent.stdin is not None
    agent.stdin.write(json.dumps({"url": url, "directory": directory}) + "\n")
    agent.stdin.flush()
    return agent


class _Conductor:
    """Outbox, relay and recorder over a database of their own."""

    def __init__(self, url: str, directory: Path) -> None:
        clock, wakeups = SystemClock(), Wakeups()
        self.database = Database(f"sqlite:///{directory / 'messages.db'}", clock, durable=False)  # it is not killed
        sync(self.database.engine)
        self.bus = _bus(url, wakeups, "conductor")
        self.outbox = Outbox(self.bus, clock)
        engine = Engine([], self.outbox, wakeups, "benchmark", lambda operation, step, phase: None)
        self.cloud = Cloud(self.database, clock, RandomIds(), Enforcer([]), engine, clock.pause)
        self.threads = Threads(clock, wakeups)
        self.threads.start(
            [Recorder(self.cloud, self.bus, engine, {}), Relay(self.cloud, self.bus, self.outbox)],
        )
        self.sent = 0
        self.all_sent = False

    def _ctx(self) -> Context:
        return system_context(self.cloud, request_id(self.cloud.ids))

    def done(self) -> int:
        counted = select(func.count()).select_from(outbox).where(outbox.c.next_send_at.is_not(None))
        return self.sent - int(self._ctx().read("count", lambda tx: tx.scalar(counted)))

    def send(self, count: int, until: float) -> None:
        while self.sent < count and time.monotonic() < until:
            if self.sent - self.done() > UNDER_WAY - BATCH:
                time.sleep(0.1)
                continue
            first, ctx = self.sent, self._ctx()
            numbers = range(first, min(first + BATCH, count))

            def queue(tx: Transaction, ctx: Context = ctx, numbers: range = numbers) -> None:
                for number in numbers:
                    deadline = tx.now + timedelta(hours=1)
                    self.outbox.queue(tx, ctx, HOST, "command", f"thing/{number}", {"verb": "act"}, deadline)

            ctx.transact("send", queue)
            self.sent = numbers.stop
        self.all_sent = True

    def wait(self) -> int:
        """Until all have ended; returns how many have not."""
        end = time.monotonic() + DONE_WITHIN
        while self.done() < self.sent and time.monotonic() < end:
            time.sleep(0.1)
        ended = select(func.count()).select_from(outbox).where(outbox.c.state == "done")
        return self.sent - int(self._ctx().read("count", lambda tx: tx.scalar(ended)))

    def close(self) -> int:
        """End; returns how often the relay sent something again."""
        self.threads.stop()
        again = select(func.sum(outbox.c.sends))
        sent_again = int(self._ctx().read("count", lambda tx: tx.scalar(again)) or 0)
        self.bus.close()
        self.database.close()
        return sent_again


class _Killer(threading.Thread):
    """Kills and starts the broker when the first, second … part of the messages is done."""

    def __init__(self, server: RabbitServer, conductor: _Conductor, count: int, kills: int, wipe: bool) -> None:
        super().__init__(daemon=True)
        self._server, self._conductor, self._count, self._kills, self._wipe = server, conductor, count, kills, wipe
        self.killed = 0

    def run(self) -> None:
        for number in range(1, self._kills + 1):
            while (done := self._conductor.done()) < self._count * number // (self._kills + 1):
                if self._conductor.all_sent:
                    return
                time.sleep(0.2)
            print(f"{done} done; killing the broker for time {number}", flush=True)
            self._server.kill()
            self.killed += 1
            if self._wipe and number == self._kills:
                self._server.wipe()
            time.sleep(DOWN)
            self._server.start()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=120_000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--wipe", action="store_true", help="at the last kill, lose all that the broker keeps")
    parser.add_argument("--minutes", type=float, default=30, help="send no more after that")
    parser.add_argument("--agent", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.agent:
        be_the_agent()
        return
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    print(run(options.count, options.kills, options.wipe, options.minutes * 60), flush=True)


if __name__ == "__main__":
    main()
