"""This machine, really looked at."""

from __future__ import annotations

import socket
import sys

from cupola.install.machine import Machine


def test_a_listener_is_found_with_its_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (found,) = (listener for listener in Machine().listeners() if listener.port == port)
    assert (found.protocol, found.address) == ("tcp", "127.0.0.1")
    assert sys.executable.rpartition("/")[2].rstrip("0123456789.") in found.process


def test_ipv6_addresses_are_read_too() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        port = server.getsockname()[1]
        assert [each.address for each in Machine().listeners() if each.port == port] == ["::1"]


def test_programs_answer_and_missing_ones_say_so() -> None:
    assert Machine().run("uname", "-s").text == "Linux\n"
    assert Machine().run("no-such-program").status == 127
    assert Machine().run("sleep", "5", seconds=0.1).status == 124


def test_a_file_that_is_not_there_has_no_text() -> None:
    assert Machine().text("/nowhere") is None
