"""The tree of a request: call → transitions → operations → steps → messages → effects, and what is missing.

Each fact was written once, where it happened (ledger, journal, outbox, reports); here they are put together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from cupola.base.db.rows import grouped
from cupola.base.db.transaction import Row, Transaction
from cupola.base.hosts.tables import hosts
from cupola.base.ledger.tables import dead_letters, requests, transitions
from cupola.base.operations.tables import journal, operations, outbox
from cupola.base.service import Relates
from cupola.lens.find import request_ids
from cupola.lens.node import Node
from cupola.lens.words import ago, changed


def trace(tx: Transaction, id_: str, relates: Sequence[Relates] = (), project_id: str | None = None) -> list[Node]:
    """The trees of the requests behind `id_`, oldest first; those that a project sent only if `project_id` is given.

    Raises NothingTraced.
    """
    ids = request_ids(tx, id_, relates, project_id)
    calls = {row["id"]: row for row in tx.all(select(requests).where(requests.c.id.in_(ids)))}
    facts = _Facts(tx, ids)
    return [_request(id_, calls.get(id_), facts) for id_ in ids]


class _Facts:
    """Everything recorded under some requests, in six queries."""

    def __init__(self, tx: Transaction, ids: Sequence[str]) -> None:
        self.now = tx.now
        self.operations = grouped(
            tx.all(select(operations).where(operations.c.request_id.in_(ids)).order_by(operations.c.created_at)),
            "request_id",
        )
        own = [row["id"] for rows in self.operations.values() for row in rows]
        self.entries = grouped(
            tx.all(select(journal).where(journal.c.operation_id.in_(own)).order_by(journal.c.number)), "operation_id"
        )
        self.messages = grouped(
            tx.all(select(outbox).where(outbox.c.request_id.in_(ids)).order_by(outbox.c.queued_at)), "request_id"
        )
        self.transitions = grouped(
            tx.all(select(transitions).where(transitions.c.request_id.in_(ids)).order_by(transitions.c.at)),
            "request_id",
        )
        self.put_away = grouped(
            tx.all(select(dead_letters).where(dead_letters.c.request_id.in_(ids)).order_by(dead_letters.c.recorded_at)),
            "message_id",
        )
        self.seen = {row["name"]: row["seen_at"] for row in tx.all(select(hosts.c.name, hosts.c.seen_at))}


def _request(id_: str, call: Row | None, facts: _Facts) -> Node:
    if call is None:
        root = Node("call", f"the cloud itself ({id_})", None, details={"request_id": id_})
    else:
        root = Node(
            "call",
            f"{call['method']} {call['path']} → {call['status']}",
            call["started_at"],
            (call["milliseconds"] or 0) / 1000,
            "failed" if call["status"] >= 400 else "done",
            {
                "request_id": id_,
                "route": call["route"],
                "caller": call["user_name"],
                "project_id": call["project_id"],
                "sql": call["statements"],
                **({"error": call["error"]} if call["error"] else {}),
            },
        )
    root.children += [_transition(row) for row in facts.transitions.get(id_, ()) if row["operation_id"] is None]
    root.children += [_operation(row, facts) for row in facts.operations.get(id_, ())]
    root.children += [_message(row, facts) for row in facts.messages.get(id_, ()) if row["operation_id"] is None]
    if root.at is None:
        root.at = next((child.at for child in root.children), None)
    return root


def _transition(row: Row) -> Node:
    title = f"{row['resource_type']} {row['resource_id']}: {changed(row['old'], row['new'])}"
    return Node("transition", title, row["at"], details={"old": row["old"], "new": row["new"]})


def _operation(row: Row, facts: _Facts) -> Node:
    node = Node(
        "operation",
        f"{row['name']} of {row['resource_type']} {row['resource_id']}",
        row["created_at"],
        _seconds(row["created_at"], row["ended_at"]),
        row["state"],
        {
            "operation_id": row["id"],
            "attempt": row["attempt"],
            "owner": row["owner"],
            **({"error": row["error"]} if row["error"] else {}),
        },
    )
    for entry in facts.entries.get(row["id"], ()):
        node.children.append(_step(row, entry, facts))
    return node


def _step(operation: Row, entry: Row, facts: _Facts) -> Node:
    attempt = f" (attempt {entry['attempt']})" if entry["attempt"] > 1 else ""
    node = Node(
        "step" if entry["phase"] == "do" else "undo",
        f"{entry['step']}{attempt}",
        entry["began_at"],
        _seconds(entry["began_at"], entry["ended_at"]),
        entry["state"],
        {name: entry[name] for name in ("result", "error", "tries") if entry[name]}
        | ({"sql": entry["statements"]} if entry["statements"] else {}),
    )
    mine = (operation["id"], entry["step"])
    messages = [
        row for row in facts.messages.get(operation["request_id"], ()) if (row["operation_id"], row["step"]) == mine
    ]
    if entry["phase"] == "do":
        messages = [row for row in messages if row["id"] in (entry["expects"] or ())]
        node.children += [_message(row, facts) for row in messages]
        node.children += [
            _transition(row)
            for row in facts.transitions.get(operation["request_id"], ())
            if (row["operation_id"], row["step"]) == mine
        ]
        if entry["state"] == "waiting":
            node.children += [_missing(entry, row, facts) for row in messages if row["state"] != "done"]
    return node


def _message(row: Row, facts: _Facts) -> Node:
    host = row["topic"].removeprefix("host.")
    node = Node(
        "message",
        f"{row['type']} {row['subject']} → host {host}",
        row["queued_at"],
        _seconds(row["queued_at"], row["done_at"]),
        "failed" if row["error"] else row["state"],
        {
            "message_id": row["id"],
            **{name: _lag(row["queued_at"], row[f"{name}_at"]) for name in ("sent", "received", "done")},
            **({"sent_again": row["sends"]} if row["sends"] > 0 else {}),
            **({"error": row["error"]} if row["error"] else {}),
        },
    )
    for effect in (row["report"] or {}).get("effects", ()):
        node.children.append(
            Node(
                "effect",
                f"{effect['what']}: {effect['call']}",
                None,
                effect["seconds"],
                effect["result"],
                {"result": effect["result"]},
            )
        )
    for letter in facts.put_away.get(row["id"], ()):
        title = f"the broker put it away: {letter['reason']} in queue {letter['queue']}"
        node.children.append(Node("dead letter", title, letter["recorded_at"], state="failed"))
    return node


def _missing(entry: Row, row: Row, facts: _Facts) -> Node:
    """What was expected and has not happened, and as far as can be told, why."""
    host = row["topic"].removeprefix("host.")
    when = ago(entry["expected_by"], facts.now)
    sent = f"sent {row['sends'] + 1} times" if row["sends"] > 0 else "sent once"
    seen = facts.seen.get(host)
    agent = f"its agent was last heard of {ago(seen, facts.now)}" if seen else "its agent was never heard of"
    title = f"report of '{entry['step']}' from host {host} was expected {when}: message {sent}, not answered; {agent}"
    return Node("missing", title, entry["expected_by"], state="missing")


def _seconds(began: datetime | None, ended: datetime | None) -> float | None:
    return None if began is None or ended is None else round((ended - began).total_seconds(), 6)


def _lag(since: datetime, moment: datetime | None) -> Any:
    return None if moment is None else round((moment - since).total_seconds(), 6)
