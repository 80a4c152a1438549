"""The broker: reached, with the rights that the bus needs, quorum queues, and no policy that loses messages."""

from __future__ import annotations

import importlib
import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from cupola.base.bus.brokers import Broker, brokers_of, connect, is_broker
from cupola.base.bus.message import CONDUCTOR, DEAD, REPORTS, host_topic
from cupola.base.bus.queues import PREFIX
from cupola.base.errors import ConfigurationError
from cupola.install.checks.finding import Finding, Situation
from cupola.install.machine import Machine

_WHY = "It carries the cloud's messages between conductors and hosts."
QUEUES = tuple(f"{PREFIX}.{topic}" for topic in (host_topic("example"), REPORTS, CONDUCTOR, DEAD))
"""Names such as the bus uses."""
_HARMFUL = {
    "message-ttl": "messages that wait are dropped, and sent again a minute later",
    "expires": "queues that wait are deleted, with what is in them",
    "max-length": "messages are dropped, and sent again a minute later",
    "max-length-bytes": "messages are dropped, and sent again a minute later",
    "ha-mode": "queues that are mirrored lose messages; quorum queues need no policy",
    "delivery-limit": "messages are put away that were only delivered again after a restart",
}
CONSUMER_TIMEOUT = 60_000
"""milliseconds; the bus has what it was given acknowledged well within them"""


def broker(situation: Situation) -> Iterator[Finding]:
    """Connect to each as the bus does, and try the rights on a queue that is there for a moment only."""
    url, settings = situation.settings.main.transport_url, situation.settings.broker
    if not is_broker(url):
        return
    try:
        addresses = brokers_of(url, settings)
    except ConfigurationError as error:
        yield Finding(str(error), _WHY, f"Edit {situation.config}")
        return
    for address in addresses:
        try:
            connection = connect(address, settings, "cupola check")
        except ModuleNotFoundError as error:
            yield Finding(f"the driver {error.name} is not installed", _WHY, "pip install kombu")
            return
        except (OSError, _amqp_error()) as error:
            yield _unreachable(address, error, alone=len(addresses) == 1)
            continue
        with connection:
            yield from _version(dict(connection.server_properties))
            yield from _rights(connection, address)
        yield from _policies(situation.machine, address)


def _amqp_error() -> type[Exception]:
    from amqp.exceptions import AMQPError

    found: type[Exception] = AMQPError
    return found


def _unreachable(address: Broker, error: BaseException, alone: bool) -> Finding:
    said = str(error).replace(address.password, "***") or type(error).__name__
    remedy = (
        f"rabbitmqctl add_vhost {address.vhost}; rabbitmqctl add_user {address.user} (it asks for the password); "
        f"rabbitmqctl set_permissions -p {address.vhost} {address.user} '.*' '.*' '.*'"
    )
    return Finding(
        f"the broker {address} does not let {address.user} into the virtual host {address.vhost}: {said}",
        _WHY,
        f"See that it runs and is reached; where user or virtual host are missing: {remedy}",
        "error" if alone else "warning",
    )


def _version(properties: Mapping[str, Any]) -> Iterator[Finding]:
    version = str(properties.get("version", ""))
    found = re.match(r"(\d+)\.(\d+)", version)
    if properties.get("product") != "RabbitMQ" or not found:
        yield Finding(
            f"the broker is {properties.get('product')} {version}", "Cupola needs quorum queues.", "Use RabbitMQ"
        )
    elif (int(found[1]), int(found[2])) < (3, 10):
        yield Finding(
            f"RabbitMQ is version {version}",
            "Older quorum queues keep messages in memory and have no message limits.",
            "Upgrade to RabbitMQ 3.10 or later",
        )


def _rights(connection: Any, address: Broker) -> Iterator[Finding]:
    """Declare a quorum queue, publish to it, get from it, delete it. Should we end between, it expires."""
    name = f"{PREFIX}.check.{secrets.token_hex(4)}"
    arguments = {"x-queue-type": "quorum", "x-expires": 60_000}
    doing = "make quorum queues"
    try:
        channel = connection.channel()
        channel.queue_declare(name, durable=True, auto_delete=False, arguments=arguments)
        doing = "write to queues"
        channel.confirm_select()
        channel.basic_publish_confirm(importlib.import_module("amqp").Message(""), routing_key=name)
        doing = "read from queues"
        channel.basic_get(name, no_ack=True)
        doing = "delete queues"
        channel.queue_delete(name)
    except (OSError, _amqp_error()) as error:
        yield Finding(
            f"{address.user} may not {doing} on the broker {address}: {error}",
            f"The bus declares {PREFIX}.host.<name> for each host, writes and reads.",
            f"rabbitmqctl set_permissions -p {address.vhost} {address.user} "
            f"'^{PREFIX}[.]' '^({PREFIX}[.].*|amq[.]default)$' '^{PREFIX}[.]'",
        )


def _policies(machine: Machine, address: Broker) -> Iterator[Finding]:
    """Policies and consumer time-out, which only the broker's own machine tells."""
    listed = [
        machine.run("rabbitmqctl", "--quiet", command, "-p", address.vhost, "--formatter", "json")
        for command in ("list_policies", "list_operator_policies")
    ]
    if address.host not in ("localhost", "127.0.0.1", "::1") or any(answer.status for answer in listed):
        yield Finding(
            f"the policies of the broker at {address.host} could not be seen",
            "One with message-ttl, max-length or ha-mode on cupola.* would lose messages.",
            f"There, as root: rabbitmqctl list_policies -p {address.vhost}",
            "unknown",
        )
        return
    for answer in listed:
        yield from _harmful(orjson.loads(answer.text or "[]"), address)
    limit = machine.run("rabbitmqctl", "--quiet", "eval", "application:get_env(rabbit, consumer_timeout).").text
    if (found := re.search(r"\{ok,(\d+)\}", limit)) and int(found[1]) < CONSUMER_TIMEOUT:
        yield Finding(
            f"the broker's consumer_timeout is {found[1]} ms",
            "It would close connections that have a message in hand.",
            f"consumer_timeout = {30 * CONSUMER_TIMEOUT} in /etc/rabbitmq/rabbitmq.conf; restart it",
        )


def _harmful(policies: list[dict[str, Any]], address: Broker) -> Iterator[Finding]:
    for policy in policies:
        if policy.get("apply-to", "all") == "exchanges" or not any(
            re.search(policy["pattern"], name) for name in QUEUES
        ):
            continue
        definition = policy["definition"]
        given = orjson.loads(definition) if isinstance(definition, str) else definition
        for key in sorted(set(given) & set(_HARMFUL)):
            yield Finding(
                f"the broker's policy {policy['name']} sets {key} on our queues",
                f"With it {_HARMFUL[key]}.",
                f"rabbitmqctl clear_policy -p {address.vhost} {policy['name']}, "
                "or a pattern that leaves ^cupola[.] out",
                "warning",
            )
