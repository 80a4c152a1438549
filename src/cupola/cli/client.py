"""A small client of Cupola's own APIs for the `cupola` command: it speaks HTTP as any OpenStack client does."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import orjson
import yaml

T = TypeVar("T")


class ApiError(Exception):
    """The cloud refused; the message is its own."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class NotRunning(Exception):
    """No cloud answers."""


@dataclass(frozen=True)
class Credentials:
    """How to log in: one entry of a clouds.yaml."""

    auth_url: str
    username: str
    password: str
    project: str

    @classmethod
    def load(cls, state_dir: Path, cloud: str) -> Credentials:
        """Read an entry of the state directory's clouds.yaml. Raises NotRunning if there is none yet."""
        try:
            entry = yaml.safe_load((state_dir / "clouds.yaml").read_text())["clouds"][cloud]["auth"]
        except FileNotFoundError as error:
            raise NotRunning(f"There is no cloud in {state_dir}: start one with `cupola up`.") from error
        return cls(entry["auth_url"], entry["username"], entry["password"], entry["project_name"])


class Client:
    """Logged in to one project."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._token: str | None = None
        self._catalog: dict[str, str] = {}
        self.project_id = ""

    def _log_in(self) -> str:
        domain = {"id": "default"}
        user = {"name": self._credentials.username, "domain": domain, "password": self._credentials.password}
        auth = {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"name": self._credentials.project, "domain": domain}},
        }
        url = self._credentials.auth_url.rstrip("/").removesuffix("/v3") + "/v3/auth/tokens"
        body, headers = self._send("POST", url, {"auth": auth}, {})
        token = body["token"]
        self.project_id = token["project"]["id"]
        for service in token["catalog"]:
            for endpoint in service["endpoints"]:
                if endpoint["interface"] == "public":
                    self._catalog[service["type"]] = endpoint["url"].rstrip("/")
        self._token = headers["x-subject-token"]
        return self._token

    def _send(self, method: str, url: str, body: Any, headers: dict[str, str]) -> tuple[Any, dict[str, str]]:
        data = None if body is None else orjson.dumps(body)
        request = urllib.request.Request(  # noqa: S310 - the URL is this cloud's own
            url, data, {"Content-Type": "application/json", **headers}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                text = answer.read()
                return (orjson.loads(text) if text else None), {
                    name.lower(): value for name, value in answer.headers.items()
                }
        except urllib.error.HTTPError as error:
            raise ApiError(error.code, _message(error.read())) from error
        except urllib.error.URLError as error:
            raise NotRunning(f"No cloud answers at {url}: {error.reason}") from error

    def url(self, service: str) -> str:
        """The public URL of a service by its type; its root if the catalog does not list it."""
        if self._token is None:
            self._log_in()
        root = self._credentials.auth_url.partition("/identity")[0]
        return self._catalog.get(service, f"{root}/{service}")

    def call(self, method: str, service: str, path: str, body: Any = None, microversion: str | None = None) -> Any:
        """Ask a service; returns the body of its answer. Raises ApiError with the cloud's own message."""
        url = self.url(service) + path
        headers = {"X-Auth-Token": self._token or ""}
        if microversion:
            headers["OpenStack-API-Version"] = f"{service} {microversion}"
        return self._send(method, url, body, headers)[0]

    def get(self, service: str, path: str) -> Any:
        return self.call("GET", service, path)

    def post(self, service: str, path: str, body: Any, microversion: str | None = None) -> Any:
        return self.call("POST", service, path, body, microversion)


def _message(text: bytes) -> str:
    """The sentence in an error body, whichever API's form it has."""
    try:
        body = orjson.loads(text)
    except ValueError:
        return text.decode(errors="replace")
    inner = next(iter(body.values()), body) if isinstance(body, dict) else body
    inner = inner[0] if isinstance(inner, list) and inner else inner
    return str(inner.get("message") or inner.get("detail") or inner) if isinstance(inner, dict) else str(inner)


def wait_for(what: str, seconds: float, attempt: Callable[[], T | None], every: float = 0.2) -> T:
    """Try until `attempt` gives something. Raises TimeoutError saying `what` did not come."""
    end = time.monotonic() + seconds
    while True:
        found = attempt()
        if found is not None:
            return found
        if time.monotonic() > end:
            raise TimeoutError(f"{what} within {seconds:.0f} s")
        time.sleep(every)
