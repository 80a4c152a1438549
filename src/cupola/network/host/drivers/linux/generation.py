"""The generation of a namespace's rule set: the kernel counts every transaction, so an equal number means no change."""

from __future__ import annotations

import socket
import struct

from cupola.network.host.drivers.linux.namespaces import inside

_NETLINK_NETFILTER = 12
_NFTABLES, _NEW_GENERATION, _GET_GENERATION = 10 << 8, 15, 16
_REQUEST = 1
_GENERATION_ID = 1
_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")


def ruleset_generation(namespace: str) -> int:
    """The number of the last transaction of nftables in `namespace`; raises OSError if the kernel does not say."""

    def ask() -> bytes:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER) as netlink:
            netlink.settimeout(5)
            body = b"\0" * 4
            netlink.send(_HEADER.pack(_HEADER.size + 4, _NFTABLES | _GET_GENERATION, _REQUEST, 1, 0) + body)
            return netlink.recv(4096)

    answer = inside(namespace, ask)
    length, kind, *_ = _HEADER.unpack_from(answer)
    offset = _HEADER.size + 4
    while kind == _NFTABLES | _NEW_GENERATION and offset + _ATTRIBUTE.size <= length:
        size, attribute = _ATTRIBUTE.unpack_from(answer, offset)
        if attribute == _GENERATION_ID:
            (generation,) = struct.unpack_from("!I", answer, offset + _ATTRIBUTE.size)
            return int(generation)
        offset += (size + 3) & ~3
    raise OSError(f"the kernel does not tell the generation of the rule set in {namespace or 'the machine'}")
