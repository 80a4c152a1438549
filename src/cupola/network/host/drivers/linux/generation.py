"""The generation of a namespace's rule set: the kernel counts every transaction, so an equal number means no change."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

from cupola.network.host.drivers.linux.namespaces import inside

NETLINK_NETFILTER = 12
_NFTABLES, _NEW_GENERATION, _GET_GENERATION = 10 << 8, 15, 16
_REQUEST = 1
_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_BODY = 4
_GENERATION_ID, _PROCESS = 1, 2


def ruleset_generation(namespace: str) -> int:
    """The number of the last transaction of nftables in `namespace`; raises OSError if the kernel does not say."""

    def ask() -> bytes:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as netlink:
            netlink.settimeout(5)
            body = b"\0" * _BODY
            netlink.send(_HEADER.pack(_HEADER.size + _BODY, _NFTABLES | _GET_GENERATION, _REQUEST, 1, 0) + body)
            return netlink.recv(4096)

    for attributes in _generations(inside(namespace, ask)):
        if _GENERATION_ID in attributes:
            return attributes[_GENERATION_ID]
    raise OSError(f"the kernel does not tell the generation of the rule set in {namespace or 'the machine'}")


def changed_by(messages: bytes) -> list[int]:
    """The threads that made the changes of which the kernel tells in `messages`."""
    return [attributes.get(_PROCESS, 0) for attributes in _generations(messages)]


def _generations(messages: bytes) -> Iterator[dict[int, int]]:
    """What the messages of new generations say, by attribute."""
    start = 0
    while start + _HEADER.size <= len(messages):
        length, kind, *_ = _HEADER.unpack_from(messages, start)
        if kind == _NFTABLES | _NEW_GENERATION:
            yield dict(_numbers(messages[start + _HEADER.size + _BODY : start + length]))
        start += max(_HEADER.size, (length + 3) & ~3)


def _numbers(attributes: bytes) -> Iterator[tuple[int, int]]:
    start = 0
    while start + _ATTRIBUTE.size <= len(attributes):
        size, attribute = _ATTRIBUTE.unpack_from(attributes, start)
        if size == _ATTRIBUTE.size + 4:
            yield attribute, struct.unpack_from("!I", attributes, start + _ATTRIBUTE.size)[0]
        start += max(_ATTRIBUTE.size, (size + 3) & ~3)
