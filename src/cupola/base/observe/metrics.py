"""Figures for Prometheus: what this process has done. What the cloud holds is counted in the database when it is asked.

No label takes a value that a client chooses or that grows with use: no ids, paths, projects or servers.

Where several processes serve one API (Apache), `$PROMETHEUS_MULTIPROC_DIR`, set before this module is loaded, names a
directory in which they keep their figures together; each of them then tells those of all, and others can (`of_apis`).
"""

from __future__ import annotations

import os
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.exposition import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

disable_created_metrics()  # type: ignore[no-untyped-call] # a series more for each, which says little

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.02, 0.1, 0.5, 2.0, 10.0)
_LONG = (0.1, 0.5, 2.0, 10.0, 60.0, 300.0)

REQUESTS = Histogram(
    "cupola_http_request_seconds",
    "Requests answered, by the template of their route (- where none took them).",
    ["service", "method", "route", "status"],
    buckets=_SECONDS,
)
TRANSACTIONS = Histogram(
    "cupola_transaction_seconds", "Transactions, with all their attempts.", ["kind"], buckets=_SECONDS
)
RETRIES = Counter("cupola_transaction_retries", "Attempts that another writer made vain.", ["transaction"])
STATEMENTS = Counter("cupola_sql_statements", "SQL statements sent to the database.")
STEPS = Histogram("cupola_component_step_seconds", "Steps of components.", ["component"], buckets=_LONG)
STEP_ERRORS = Counter("cupola_component_errors", "Steps of components that failed.", ["component"])
RESENT = Counter("cupola_messages_resent", "Messages sent again because no report of them had come.")
DEAD = Counter("cupola_messages_dead", "Messages given up: no report of them came before their deadline.")
DEAD_LETTERS = Counter("cupola_dead_letters", "Messages that the broker gave up, as the ledger has them.")
LAG = Histogram("cupola_message_lag_seconds", "From the last sending of a message to its receipt.", buckets=_SECONDS)
ANSWER = Histogram("cupola_message_report_seconds", "From a message's first sending to its report.", buckets=_LONG)
AGENT_WORK = Counter("cupola_agent_work", "What an agent did, and how it went.", ["work", "result"])
GUESTS = Gauge("cupola_guests", "Guests on this host when it was last looked at, by power state.", ["power"])
UPKEEP = Counter("cupola_upkeep_passes", "Passes of upkeep loops, and how they went.", ["loop", "result"])
UPKEEP_OK = Gauge("cupola_upkeep_last_ok", "Whether a loop's last pass went well (1) or failed (0).", ["loop"])
UPKEEP_AT = Gauge("cupola_upkeep_last_timestamp_seconds", "When a loop's last pass was.", ["loop"])


def of_apis(directory: Path) -> bytes:
    """The figures that processes keep together in a directory; nothing if it is not there."""
    registry = CollectorRegistry(auto_describe=False)
    if directory.is_dir():
        MultiProcessCollector(registry, str(directory))  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def exposition(*more: Collector) -> bytes:
    """All figures of this process, or of all that share theirs, as Prometheus reads them; and those of `more`."""
    registry = CollectorRegistry(auto_describe=False)
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REGISTRY)
    for collector in more:
        registry.register(collector)
    return generate_latest(registry)
