"""The text of the Apache site."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from cupola.install.apache import ApacheSite, apache_script, apache_site, modules


def test_it_serves_all_services_on_one_port_and_each_on_its_own() -> None:
    text = apache_site(ApacheSite())
    assert "Listen 8780\n" in text and "Use Cupola *:8780 application\n" in text
    for port, service in (
        (5000, "identity"),
        (8774, "compute"),
        (8778, "placement"),
        (9292, "image"),
        (9696, "network"),
    ):
        assert f"Listen {port}\n" in text and f"Use Cupola *:{port} {service}\n" in text
    assert "SSLEngine" not in text and "ssl" not in modules(ApacheSite())


def test_what_differs_between_machines_is_in_its_place() -> None:
    site = ApacheSite(
        bind="10.0.0.5",
        ports={},
        processes=4,
        python_home=Path("/usr/lib/cupola"),
        certificate=Path("/etc/cupola/tls/cert.pem"),
        key=Path("/etc/cupola/tls/key.pem"),
    )
    text = apache_site(site)
    assert [line for line in text.splitlines() if line.startswith("Listen")] == ["Listen 10.0.0.5:8780"]
    assert "Use Cupola 10.0.0.5:8780 application" in text
    assert 'python-home="/usr/lib/cupola"' in text and "processes=4" in text and "user=cupola" in text
    assert 'SSLCertificateFile "/etc/cupola/tls/cert.pem"' in text
    assert 'SSLCertificateKeyFile "/etc/cupola/tls/key.pem"' in text
    assert "ssl" in modules(site)


@pytest.mark.parametrize("name", ['a"b', "a\nListen 1", "a>b"])
def test_a_value_stays_in_its_place(name: str) -> None:
    with pytest.raises(ValueError, match="server_name"):
        apache_site(ApacheSite(server_name=name))


def test_the_script_is_python() -> None:
    ast.parse(apache_script())
