"""The broker: reached, with the rights that the bus needs, quorum queues, and no policy that loses messages."""

from __future__ import annotations

import importlib
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

from cupola.install.checks.finding import Finding, Situation
from cupola.install.machine import Machine

_WHY = "It carries the cloud's messages between conductors and hosts."
QUEUES = ("cupola.host.example", "cupola.reports", "cupola.conductor", "cupola.dead")
"""Names such as the bus uses."""
_HARMFUL = {
    "message-ttl": "it drops messages that wait",
    "expires": "it deletes queues that wait",
    "max-length": "it drops messages",
    "max-length-bytes": "it drops messages",
    "ha-mode": "mirrored queues lose messages, and quorum queues refuse it",
    "delivery-limit": "it takes messages away that are delivered again after a restart",
}
CONSUMER_TIMEOUT = 60_000
"""milliseconds; the bus has what it was given acknowledged well within them"""


@dataclass(frozen=True)
class Address:
    """The first broker of a transport URL."""

    host: str
    port: int
    user: str
    password: str
    vhost: str
    encrypted: bool

    @classmethod
    def of(cls, url: str) -> Address:
        """Raises ValueError when the URL is none."""
        scheme, _, rest = url.partition("://")
        hosts, _, path = rest.partition("?")[0].partition("/")
        parts = urlsplit(f"{scheme}://{hosts.split(',')[0]}")
        encrypted = scheme == "amqps" or "ssl=1" in url.partition("?")[2].split("&")
        port = parts.port or (5671 if encrypted else 5672)
        user, password = unquote(parts.username or "guest"), unquote(parts.password or "guest")
        return cls(parts.hostname or "localhost", port, user, password, unquote(path) or "/", encrypted)

    @property
    def is_local(self) -> bool:
        return self.host in ("localhost", "127.0.0.1", "::1")


def broker(situation: Situation) -> Iterator[Finding]:
    """Connect as the bus does, and try its rights on a queue that is there for a moment only."""
    url = situation.settings.main.transport_url
    if url.startswith("memory"):
        return
    try:
        address = Address.of(url)
        kombu: Any = importlib.import_module("kombu")
    except (ValueError, ModuleNotFoundError) as error:
        reason = f"the driver {error.name} is not installed" if isinstance(error, ModuleNotFoundError) else "it is none"
        yield Finding(f"[DEFAULT] transport_url: {reason}", _WHY, f"Edit {situation.config}")
        return
    connection = kombu.Connection(
        hostname=address.host,
        port=address.port,
        userid=address.user,
        password=address.password,
        virtual_host=address.vhost,
        ssl=_ssl(url) if address.encrypted else False,
        connect_timeout=10,
    )
    try:
        connection.connect()
    except (OSError, *connection.connection_errors) as error:
        yield _unreachable(address, error)
        return
    with connection:
        yield from _version(dict(connection.connection.server_properties))
        yield from _rights(connection, address)
    yield from _policies(situation.machine, address)


def _ssl(url: str) -> dict[str, Any]:
    import ssl

    query = dict(part.partition("=")[::2] for part in url.partition("?")[2].split("&") if "=" in part)
    authorities = unquote(query.get("ssl_ca_file", "")) or None
    return {"cert_reqs": ssl.CERT_REQUIRED, "ca_certs": authorities, "server_hostname": Address.of(url).host}


def _unreachable(address: Address, error: BaseException) -> Finding:
    said = str(error).replace(address.password, "***") or type(error).__name__
    remedy = (
        f"rabbitmqctl add_vhost {address.vhost}; rabbitmqctl add_user {address.user} (it asks for the password); "
        f"rabbitmqctl set_permissions -p {address.vhost} {address.user} '.*' '.*' '.*'"
    )
    return Finding(
        f"the broker does not answer {address.user} at {address.host}:{address.port}{_slash(address.vhost)}: {said}",
        _WHY,
        f"See that it runs and is reached; where user or virtual host are missing: {remedy}",
    )


def _slash(vhost: str) -> str:
    return vhost if vhost.startswith("/") else f"/{vhost}"


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


def _rights(connection: Any, address: Address) -> Iterator[Finding]:
    """Declare a quorum queue, publish to it, get from it, delete it. Should we end between, it expires."""
    kombu: Any = importlib.import_module("kombu")
    name = f"cupola.check.{secrets.token_hex(4)}"
    queue = kombu.Queue(name, durable=True, queue_arguments={"x-queue-type": "quorum", "x-expires": 60_000})
    doing = "make quorum queues"
    try:
        bound = queue(connection.channel())
        bound.declare()
        doing = "write to queues"
        kombu.Producer(bound.channel).publish("", routing_key=name)
        doing = "read from queues"
        bound.get(no_ack=True)
        doing = "delete queues"
        bound.delete()
    except (OSError, *connection.connection_errors, *connection.channel_errors) as error:
        yield Finding(
            f"{address.user} may not {doing} on the broker: {error}",
            "The bus declares cupola.host.<name> for each host, writes and reads.",
            f"rabbitmqctl set_permissions -p {address.vhost} {address.user} '.*' '.*' '.*' "
            "(or: '^cupola[.]' '^(cupola[.].*|amq[.]default)$' '^cupola[.]')",
        )


def _policies(machine: Machine, address: Address) -> Iterator[Finding]:
    """Policies and consumer time-out, which only the broker's own machine tells."""
    listed = [
        machine.run("rabbitmqctl", "--quiet", command, "-p", address.vhost, "--formatter", "json")
        for command in ("list_policies", "list_operator_policies")
    ]
    if not address.is_local or any(answer.status for answer in listed):
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


def _harmful(policies: list[dict[str, Any]], address: Address) -> Iterator[Finding]:
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
                f"So {_HARMFUL[key]}.",
                f"rabbitmqctl clear_policy -p {address.vhost} {policy['name']}, "
                "or a pattern that leaves ^cupola[.] out",
            )
