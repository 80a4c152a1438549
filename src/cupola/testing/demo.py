"""The demo user at work, as clients work: what tests of operations and simulations ask of a cloud."""

from __future__ import annotations

from typing import Any

from cupola.testing.cloud import TestCloud
from cupola.testing.http import Answer

SERVERS = "/compute/v2.1/servers"
NETWORK = "/network/v2.0"


def said(answer: Answer) -> Any:
    """The body of an answer that grants what was asked."""
    assert answer.status < 300, (answer.status, answer.content)
    return answer.json


class Demo:
    """The user `demo` in the project of that name, which starts with a network behind a router."""

    def __init__(self, cloud: TestCloud) -> None:
        self.cloud = cloud
        self.http = cloud.log_in("demo", "demo")
        self.image = said(self.http.get("/image/v2/images?name=guest"))["images"][0]["id"]

    # servers ------------------------------------------------------------------------------------------------------

    def boot(self, name: str = "one", *networks: dict[str, str], **more: Any) -> str:
        """Ask for a server (with one port on the private network, if no others are named); returns its id."""
        plugged = networks or ({"uuid": self.network()},)
        wanted = {"name": name, "imageRef": self.image, "flavorRef": "1", "networks": list(plugged), **more}
        return str(said(self.http.post(SERVERS, {"server": wanted}))["server"]["id"])

    def active(self, *networks: dict[str, str]) -> str:
        """A server that runs."""
        server = self.boot("one", *networks)
        self.cloud.settle()
        assert self.status(server) == "ACTIVE", self.server(server)
        return server

    def act(self, server: str, action: str, argument: Any = None) -> Answer:
        return self.http.post(f"{SERVERS}/{server}/action", {action: argument})

    def delete(self, server: str) -> None:
        said(self.http.delete(f"{SERVERS}/{server}"))

    def server(self, server: str) -> dict[str, Any]:
        shown: dict[str, Any] = said(self.http.get(f"{SERVERS}/{server}"))["server"]
        return shown

    def status(self, server: str) -> str:
        return str(self.server(server)["status"])

    def statuses(self) -> dict[str, str]:
        return {each["id"]: each["status"] for each in said(self.http.get(f"{SERVERS}/detail"))["servers"]}

    def is_gone(self, server: str) -> bool:
        return self.http.get(f"{SERVERS}/{server}").status == 404

    def attach(self, server: str, network: str | None = None) -> str:
        """Plug one more port in; returns its id."""
        wanted = {"interfaceAttachment": {"net_id": network or self.network()}}
        return str(said(self.http.post(f"{SERVERS}/{server}/os-interface", wanted))["interfaceAttachment"]["port_id"])

    def detach(self, server: str, port: str) -> None:
        said(self.http.delete(f"{SERVERS}/{server}/os-interface/{port}"))

    def interfaces(self, server: str) -> list[str]:
        shown = said(self.http.get(f"{SERVERS}/{server}/os-interface"))["interfaceAttachments"]
        return [each["port_id"] for each in shown]

    # network ------------------------------------------------------------------------------------------------------

    def made(self, kind: str, **wanted: Any) -> str:
        """Make a thing of the network service ("floatingip"); returns its id."""
        name = kind.replace("-", "_")
        return str(said(self.http.post(f"{NETWORK}/{kind}s", {name: wanted}))[name]["id"])

    def shown(self, kind: str, id_: str) -> dict[str, Any]:
        found: dict[str, Any] = said(self.http.get(f"{NETWORK}/{kind}s/{id_}"))[kind]
        return found

    def changed(self, kind: str, id_: str, **wanted: Any) -> dict[str, Any]:
        found: dict[str, Any] = said(self.http.put(f"{NETWORK}/{kind}s/{id_}", {kind: wanted}))[kind]
        return found

    def removed(self, kind: str, id_: str) -> None:
        said(self.http.delete(f"{NETWORK}/{kind}s/{id_}"))

    def network(self, name: str = "private") -> str:
        return str(said(self.http.get(f"{NETWORK}/networks?name={name}"))["networks"][0]["id"])

    def new_network(self, name: str, cidr: str) -> str:
        """A network with one subnet; returns its id."""
        network = self.made("network", name=name)
        self.made("subnet", network_id=network, ip_version=4, cidr=cidr)
        return network

    def ports_of(self, device: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = said(self.http.get(f"{NETWORK}/ports?device_id={device}"))["ports"]
        return found
