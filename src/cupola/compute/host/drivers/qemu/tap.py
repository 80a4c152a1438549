"""Opening a tap device that lies in another network namespace."""

import ctypes
import fcntl
import os
import socket
import struct
import threading

from cupola.compute.host.drivers.errors import HypervisorError

_TUNSETIFF = 0x400454CA
_IFF_TAP, _IFF_NO_PI, _IFF_VNET_HDR = 0x0002, 0x1000, 0x4000
_CLONE_NEWNET = 0x40000000


def open_tap(name: str, netns_path: str | None) -> int:
    """Return an open descriptor of an existing tap, as QEMU wants it: non-blocking, with virtio headers.

    A tap belongs to the namespace of the thread that opens the device, so a thread of its own goes there and ends.
    Raises HypervisorError, for example when the tap is in use or missing.
    """
    result: list[int | OSError] = []

    def enter_and_open() -> None:
        try:
            if netns_path is not None:
                _enter(netns_path)
            result.append(_open(name))
        except OSError as error:
            result.append(error)

    thread = threading.Thread(target=enter_and_open, name=f"tap {name}")
    thread.start()
    thread.join()
    if isinstance(result[0], OSError):
        raise HypervisorError(f"tap {name}", f"{result[0].strerror}") from result[0]
    return result[0]


def _enter(netns_path: str) -> None:
    namespace = os.open(netns_path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(namespace, _CLONE_NEWNET) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), netns_path)
    finally:
        os.close(namespace)


def _open(name: str) -> int:
    socket.if_nametoindex(name)  # raises when missing: the kernel would make a new one, connected to nothing
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        request = struct.pack("16sH22x", name.encode(), _IFF_TAP | _IFF_NO_PI | _IFF_VNET_HDR)
        fcntl.ioctl(descriptor, _TUNSETIFF, request)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
