"""What a program without a library sees, by curl."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from tests.conformance.conftest import SimulatedCloud


def curl(url: str, *words: str) -> tuple[int, dict[str, str], Any]:
    """Status, headers and body."""
    command = ["curl", "--silent", "--include", "--max-time", "20", *words, url]
    head, _, body = subprocess.run(command, capture_output=True, text=True, check=True).stdout.partition("\n\n")
    status, *lines = head.splitlines()
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(status.split()[1]), headers, json.loads(body) if body.strip() else None


@pytest.fixture(scope="module")
def token(cloud: SimulatedCloud) -> str:
    login = cloud.credentials("cupola")
    user = {"name": login["username"], "domain": {"id": "default"}, "password": login["password"]}
    scope = {"project": {"name": login["project_name"], "domain": {"id": "default"}}}
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}
    sent = ("--header", "Content-Type: application/json", "--data", json.dumps(body))
    status, headers, answer = curl(f"{cloud.url}/identity/v3/auth/tokens", *sent)
    assert (status, answer["token"]["project"]["name"]) == (201, "demo")
    return headers["x-subject-token"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/identity/", 300), ("/identity/v3", 200), ("/image/", 300), ("/placement/", 200), ("/compute/", 200),
     ("/compute/v2.1/", 200), ("/network/", 200)],
)  # fmt: skip
def test_versions_need_no_token(cloud: SimulatedCloud, path: str, status: int) -> None:
    answered, headers, body = curl(cloud.url + path)
    assert (answered, headers["content-type"]) == (status, "application/json")
    assert "version" in str(list(body))
    assert headers["x-openstack-request-id"].startswith("req-")


@pytest.mark.parametrize("path", ["/compute/v2.1/servers", "/network/v2.0/ports", "/placement/usages"])
def test_all_else_does(cloud: SimulatedCloud, path: str) -> None:
    status, headers, _ = curl(cloud.url + path)
    assert status == 401
    assert headers["www-authenticate"] == f'Keystone uri="{cloud.url}/identity/v3"'


def test_a_microversion_is_agreed_on(cloud: SimulatedCloud, token: str) -> None:
    url, key = f"{cloud.url}/compute/v2.1/servers", ("--header", f"X-Auth-Token: {token}")
    _, headers, _ = curl(url, *key)
    assert headers["openstack-api-version"] == "compute 2.1"
    _, headers, _ = curl(url, *key, "--header", "OpenStack-API-Version: compute 2.53")
    assert headers["openstack-api-version"] == "compute 2.53"
    status, _, body = curl(url, *key, "--header", "OpenStack-API-Version: compute 2.999")
    assert (status, body["computeFault"]["code"]) == (406, 406)


def test_a_thing_is_made_shown_and_deleted(cloud: SimulatedCloud, token: str) -> None:
    url = f"{cloud.url}/network/v2.0/networks"
    sent = ("--header", f"X-Auth-Token: {token}", "--header", "Content-Type: application/json")
    status, _, body = curl(url, *sent, "--data", '{"network": {"name": "curl-net"}}')
    assert status == 201
    one = f"{url}/{body['network']['id']}"
    assert curl(one, *sent)[2]["network"]["name"] == "curl-net"
    assert curl(one, *sent, "--request", "DELETE")[0] == 204
    assert curl(one, *sent)[0] == 404
