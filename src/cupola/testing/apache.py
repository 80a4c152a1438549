"""A whole cloud in processes of its own whose APIs are Apache's: what is installed in production.

    with parts_cloud("postgresql", kind=ApacheCloud, hosts=("h1", "h2")) as cloud:
        cloud.kill("api1")
        cloud.start("api1")

`api1` is all of Apache; `cloud.apache` is the server itself.
"""

from __future__ import annotations

from typing import Any

from cupola.testing.parts import PartsCloud
from cupola.testing.servers.apache import ApacheServer, private_site, put_in_place

API = "api1"


class ApacheCloud(PartsCloud):
    """See the module."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "apis": 1})
        directory = self.scratch / "apache"
        directory.mkdir()
        site = private_site(directory, port=self.ports[API], config=self.config, state_dir=self.state)
        self.apache = ApacheServer(directory, site)
        put_in_place(self.apache)

    def start(self, name: str) -> None:
        if name != API:
            return super().start(name)
        assert not self.runs(name), f"{name} runs already"
        self.processes[name] = self.apache.start()
        return None

    def kill(self, name: str) -> None:
        if name == API:
            self.apache.kill()
            self.processes.pop(name)
        else:
            super().kill(name)

    def log(self, name: str) -> str:
        return self.apache.error_log if name == API else super().log(name)
