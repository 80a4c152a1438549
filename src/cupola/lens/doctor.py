"""Doctor: has every host examine itself, runs the services' checks, and looks at the conductor's own tables.

A healthy cloud has no findings. What is under way is not a finding: things whose operation is live are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from sqlalchemy import select

from cupola.base.context import Context
from cupola.base.db.transaction import Transaction
from cupola.base.hosts.registry import Host, all_hosts
from cupola.base.ledger.tables import dead_letters, transitions
from cupola.base.observe.findings import Check, Finding, Survey
from cupola.base.operations.ask import ask
from cupola.base.operations.tables import journal, operations, outbox
from cupola.lens.words import ago

ANSWER_WITHIN = 15.0
"""seconds that a host has to tell what it sees"""
LATE = timedelta(seconds=30)
"""How long an operation may be past its time before it is a finding."""
PUT_AWAY_SHOWN = timedelta(days=1)
"""How long a message that the broker gave up is a finding, when nobody sends it again."""


def examine(ctx: Context, checks: Sequence[Check], surveys: Sequence[Survey] = ()) -> list[Finding]:
    """All findings, sorted by host and subject."""
    hosts = ctx.read("doctor.hosts", all_hosts)
    outside = [finding for host in hosts for finding in _on_host(ctx, host)]
    outside += [finding for survey in surveys for finding in survey(ctx)]

    def compare(tx: Transaction) -> list[Finding]:
        found = [*outside, *_overdue(tx), *_ended_unanswered(tx), *_put_away(tx)]
        for check in checks:
            found += check(tx)
        return _settled(tx, found)

    findings = ctx.read("doctor.compare", compare)
    return sorted(findings, key=lambda finding: (finding.host or "", finding.subject, finding.check))


def _on_host(ctx: Context, host: Host) -> list[Finding]:
    """What a host finds different from what is wanted there; that it does not answer is a finding too."""
    alive = host.alive(ctx.now())
    report = ask(ctx, host.name, "examine", f"host/{host.name}", wait=ANSWER_WITHIN) if alive else None
    if report is not None and report.ok:
        return [Finding(**finding) for finding in report.result["findings"]]
    why = report.error["message"] if report is not None and report.error else "its agent does not answer"
    return [
        Finding(
            "host.silent",
            f"host/{host.name}",
            f"Host {host.name} cannot be examined: {why}; last heard of {ago(host.seen_at, ctx.now())}.",
            "Start the agent there (`cupola up`), or look into its log.",
            host.name,
        )
    ]


def _overdue(tx: Transaction) -> Iterator[Finding]:
    late = select(operations).where(operations.c.ended_at.is_(None), operations.c.due_at < tx.now - LATE)
    for row in tx.all(late):
        yield Finding(
            "operation.overdue",
            f"{row['resource_type']}/{row['resource_id']}",
            f"Operation {row['name']} {row['id']} was to go on {ago(row['due_at'], tx.now)} and nobody took it.",
            "See that a conductor runs (`cupola status`); it takes up what is due by itself.",
            request_id=row["request_id"],
        )
    undoing = (
        select(journal, operations.c.request_id)
        .join(operations, operations.c.id == journal.c.operation_id)
        .where(operations.c.ended_at.is_(None), journal.c.phase == "undo", journal.c.state == "failed")
    )
    for row in tx.all(undoing):
        yield Finding(
            "operation.undo_failing",
            f"operation/{row['operation_id']}",
            f"The undo of step {row['step']} failed {row['tries']} times: {row['error']['message']}",
            "Mend the cause; it is tried again by itself.",
            request_id=row["request_id"],
        )


def _ended_unanswered(tx: Transaction) -> Iterator[Finding]:
    """Of those that an operation sent, the operation says what became of it; of questions, who asked."""
    alone = outbox.c.operation_id.is_(None) & outbox.c.step.is_distinct_from("ask")
    for row in tx.all(select(outbox).where(outbox.c.state == "dead", alone)):
        yield Finding(
            "message.dead",
            row["subject"],
            f"Message {row['id']} ({row['type']} {row['subject']}) to {row['topic']} has ended: {row['error']}.",
            "See that the host's agent runs; send the request again.",
            request_id=row["request_id"],
        )


def _put_away(tx: Transaction) -> Iterator[Finding]:
    """What a broker gave up lately, unless another copy of it was answered since."""
    recent = dead_letters.c.recorded_at > tx.now - PUT_AWAY_SHOWN
    unanswered = (outbox.c.state == "out") | (outbox.c.state.is_(None) & recent)
    joined = dead_letters.join(outbox, outbox.c.id == dead_letters.c.message_id, isouter=True)
    for row in tx.all(select(dead_letters).select_from(joined).where(unanswered)):
        what, remedy = _PUT_AWAY.get(row["reason"], (f"was given up ({row['reason']})", "See the broker's log."))
        yield Finding(
            "message.put_away",
            row["subject"] or f"queue/{row['queue']}",
            f"Message {row['message_id'] or 'without an id'} ({row['type'] or 'of no type'}) from queue {row['queue']}"
            f" {what}, {ago(row['recorded_at'], tx.now)}.",
            remedy,
            request_id=row["request_id"],
        )


_PUT_AWAY = {
    "rejected": (
        "could not be read",
        "Find who sent it (its body is in the table dead_letters): nothing but this cloud may publish to its queues.",
    ),
    "delivery_limit": (
        "was taken again and again and never acknowledged",
        "Look into the log of who takes from that queue for what ends it; the message is sent again by itself.",
    ),
}
"""What RabbitMQ's reasons mean, and what mends them."""


def _settled(tx: Transaction, findings: Sequence[Finding]) -> list[Finding]:
    """Without those about things that an operation or message is at work on, and each with the request behind it."""
    busy = {row["live_key"] for row in tx.all(select(operations.c.live_key).where(operations.c.live_key.is_not(None)))}
    out = select(outbox.c.subject).where(outbox.c.state == "out", outbox.c.type == "converge")
    busy |= {row["subject"].partition("/")[2] for row in tx.all(out)}
    kept = [f for f in findings if _id(f) not in busy or f.check.startswith(("operation.", "host.", "message."))]
    return [finding if finding.request_id else _with_request(tx, finding) for finding in kept]


def _id(finding: Finding) -> str:
    return finding.subject.partition("/")[2]


def _with_request(tx: Transaction, finding: Finding) -> Finding:
    last = select(transitions.c.request_id).where(transitions.c.resource_id == _id(finding)).order_by(transitions.c.at)
    rows = tx.all(last)
    if not rows:
        return finding
    return Finding(finding.check, finding.subject, finding.what, finding.remedy, finding.host, rows[-1]["request_id"])
