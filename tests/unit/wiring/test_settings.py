"""Settings of a start: which of file, variable and command line wins, and what of them is remembered."""

from __future__ import annotations

import dataclasses
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from cupola.base.errors import ConfigurationError
from cupola.wiring.settings import MainSettings, load_settings, settings_of
from cupola.wiring.started import first_free, started, starting


def test_the_command_line_wins_over_the_variable_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "cupola.toml"
    file.write_text('[DEFAULT]\nport = 1\nbind = "127.0.0.3"\nhost = "filed"\n')
    monkeypatch.setenv("CUPOLA_DEFAULT_PORT", "2")
    monkeypatch.setenv("CUPOLA_DEFAULT_HOST", "varied")
    main = load_settings(file, tmp_path, {"port": 3}).main
    assert (main.port, main.host, main.bind) == (3, "varied", "127.0.0.3")


@pytest.mark.parametrize(
    ("bind", "url"),
    [
        ("10.0.0.5", "http://10.0.0.5:8780"),
        ("::1", "http://[::1]:8780"),
        ("cloud.example", "http://cloud.example:8780"),
        ("0.0.0.0", "http://127.0.0.1:8780"),
        ("::", "http://127.0.0.1:8780"),
        ("", "http://127.0.0.1:8780"),
    ],
)
def test_clients_are_led_to_where_the_cloud_listens_or_to_the_public_url(bind: str, url: str) -> None:
    main = MainSettings(bind=bind)
    assert main.url == url
    assert dataclasses.replace(main, public_url="https://cloud.example/").url == "https://cloud.example"


def test_what_was_not_chosen_lies_in_the_state_directory(tmp_path: Path) -> None:
    file = tmp_path / "cupola.toml"
    file.write_text("[image]\npage = 7\n")
    settings = load_settings(file, tmp_path / "s", {})
    assert settings.image.directory == tmp_path / "s" / "images"
    assert settings.identity.key_directory == tmp_path / "s" / "keys"
    file.write_text('[image]\ndirectory = "/elsewhere"\n')
    assert load_settings(file, tmp_path / "s", {}).image.directory == Path("/elsewhere")


def test_a_start_is_remembered_whatever_the_variables_are_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUPOLA_NETWORK_PUBLIC_CIDR", "172.24.9.0/24")
    asked = load_settings(None, tmp_path, {"hypervisor": "simulated", "port": 5})
    assert started(tmp_path) is None
    assert starting(asked) == asked
    monkeypatch.setenv("CUPOLA_NETWORK_PUBLIC_CIDR", "172.24.8.0/24")
    assert started(tmp_path) == asked
    assert (tmp_path / "started.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("change", [{"hypervisor": "qemu"}, {"host": "other"}, {"host_network": True}])
def test_servers_cannot_move_to_another_kind_of_host_by_a_restart(tmp_path: Path, change: dict[str, object]) -> None:
    before = load_settings(None, tmp_path, {"hypervisor": "simulated"})
    starting(before)
    after = dataclasses.replace(before, main=dataclasses.replace(before.main, **change))  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=r"cannot go on|need root"):
        starting(after)
    assert started(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "value"), [("public_cidr", "here"), ("public_cidr", "172.24.4.1/24"), ("link_range", "10.0.0.0/31")]
)
def test_a_network_that_is_none_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    file = tmp_path / "cupola.toml"
    file.write_text(f'[network]\n{name} = "{value}"\n')
    with pytest.raises(ConfigurationError, match=name):
        load_settings(file, tmp_path, {})


def test_the_first_public_network_that_the_machine_has_no_route_to_is_taken() -> None:
    first = IPv4Network("172.24.4.0/24")
    assert first_free(first, []) == first
    assert str(first_free(first, [IPv4Network("10.0.0.0/8"), first])) == "172.24.5.0/24"
    assert str(first_free(first, [IPv4Network("172.24.0.0/21")])) == "172.24.8.0/24"
    with pytest.raises(ConfigurationError, match="public_cidr"):
        first_free(first, [IPv4Network("172.16.0.0/12")])


LIBVIRT = {"hypervisor": "libvirt", "host_network": True}


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({"DEFAULT": {"hypervisor": "libvirt"}}, "needs host_network = true"),
        ({"DEFAULT": LIBVIRT, "libvirt": {"uri": "qemu+ssh://elsewhere/system"}}, "on this machine"),
        ({"DEFAULT": LIBVIRT, "libvirt": {"accelerator": "xen"}}, "must be one of auto, kvm, qemu"),
        ({"DEFAULT": {"hypervisor": "xen"}}, "must be one of auto, kvm, qemu, libvirt, simulated"),
    ],
)
def test_a_hypervisor_that_cannot_work_is_refused(
    document: dict[str, dict[str, object]], why: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=why):
        settings_of(document, tmp_path, {})
