"""The APIs under Apache look as they do under the embedded server: all on one port, each on its own, by TLS."""

from __future__ import annotations

import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.system.apache.conftest import Cloud, ask, eventually, log_in

from cupola.testing.servers.apache import ApacheServer, apache_server
from cupola.wiring.settings import TRADITIONAL_PORTS

DISCOVERY = {"identity": "/v3", "image": "/versions", "placement": "/", "compute": "/v2.1", "network": "/v2.0"}


@pytest.mark.parametrize("service", DISCOVERY)
def test_a_service_is_the_same_under_its_root_and_alone_on_its_port(
    served: ApacheServer, token: str, service: str
) -> None:
    path = DISCOVERY[service]
    root, alone = f"{served.url}/{service}", served.url_of(service)
    together, apart = (ask(f"{url}{path}", token=token) for url in (root, alone))
    assert together.status == apart.status
    links = together.content.replace(root.encode(), b"ROOT").replace(b'"/placement"', b'""')
    assert links == apart.content.replace(alone.encode(), b"ROOT")
    assert service == "placement" or alone.encode() in apart.content


def test_a_token_and_the_catalog_come_from_the_traditional_port_too(served: ApacheServer) -> None:
    answer = log_in(served.url_of("identity"))
    token, catalog = answer.headers["x-subject-token"], answer.json["token"]["catalog"]
    urls = {entry["type"]: entry["endpoints"][0]["url"] for entry in catalog}
    assert urls["compute"] == "http://cloud.test/compute/v2.1"
    for service, path in (("compute", "/v2.1/servers"), ("network", "/v2.0/networks"), ("image", "/v2/images")):
        assert ask(f"{served.url_of(service)}{path}", token=token).status == 200
        refused = ask(f"{served.url_of(service)}{path}")
        assert refused.status == 401
        assert refused.headers["www-authenticate"] == 'Keystone uri="http://cloud.test/identity/v3"'


def test_every_service_with_a_traditional_port_has_a_callable() -> None:
    import cupola.wsgi

    assert all(callable(getattr(cupola.wsgi, service)) for service in TRADITIONAL_PORTS)


def test_errors_have_the_form_of_the_service_and_no_page_of_apaches(served: ApacheServer, token: str) -> None:
    assert "itemNotFound" in ask(f"{served.url}/compute/v2.1/servers/none", token=token).json
    assert "NeutronError" in ask(f"{served.url}/network/v2.0/networks/none", token=token).json
    assert ask(f"{served.url}/placement/resource_providers/none", token=token).json["errors"][0]["status"] == 404
    assert ask(f"{served.url}/nowhere").json["error"]["code"] == 404


def test_paths_arrive_as_they_were_sent(served: ApacheServer, token: str) -> None:
    """No slash that is part of a name ends it, none is merged with another, and no directory is made up."""
    for path in ("/compute/v2.1/servers/a%2Fb", "/compute/v2.1//servers", "/identity/v3/projects/%C3%A9%20%26"):
        assert ask(f"{served.url}{path}", token=token).json, path
        eventually(lambda path=path: f"GET {path} HTTP" in served.access_log)


def test_by_tls_links_lead_to_https(cloud: Cloud, tmp_path: Path, certificate: Path) -> None:
    trusted = ssl.create_default_context(cafile=certificate)
    with apache_server(
        tmp_path, config=cloud.config, state_dir=cloud.state_dir, certificate=certificate, processes=1
    ) as server:
        versions = ask(f"{server.url}/identity/v3", context=trusted)
        assert versions.json["version"]["links"][0]["href"] == f"{server.url}/identity/v3/"
        assert urlsplit(server.url).scheme == "https"
        token = log_in(server.url_of("identity"), context=trusted).headers["x-subject-token"]
        assert ask(f"{server.url_of('compute')}/v2.1/servers", token=token, context=trusted).status == 200
