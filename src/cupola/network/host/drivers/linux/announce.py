"""Gratuitous ARP: tell the neighbours on a link which MAC now has an address."""

from __future__ import annotations

import socket
import struct

from cupola.network.host.drivers.linux.namespaces import inside

_ARP = 0x0806


def announce(namespace: str, device: str, address: str) -> None:
    """Send one ARP request and one reply that both name `address` as sender and target; raises OSError."""

    def send() -> None:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ARP)) as wire:
            wire.bind((device, _ARP))
            mac = wire.getsockname()[4]
            ip = socket.inet_aton(address)
            for operation in (1, 2):
                body = struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, operation, mac, ip, b"\xff" * 6, ip)
                wire.send(b"\xff" * 6 + mac + struct.pack("!H", _ARP) + body)

    inside(namespace, send)
