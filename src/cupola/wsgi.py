"""The APIs as WSGI callables, for Apache with mod_wsgi or any other server of that kind.

`application` serves all services under their roots on one port; `identity`, `compute` and so on serve one of them at
the top of a port of its own. To import this module costs nothing: the first request makes the cloud's APIs, once in its
process for all callables, from the settings that `CUPOLA_CONFIG` names (a variable of the process, or of the request as
Apache's SetEnv makes it). As long as they cannot be made, requests are answered with 503 and the log says why.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cupola.wiring.apis import Apis

log = logging.getLogger(__name__)

AGAIN_AFTER = 5
"""seconds until what could not be made is tried again"""

StartResponse = Callable[..., Any]
_now = time.monotonic


class _Process:
    """The cloud's APIs in this process, as soon as somebody asks for them."""

    def __init__(self) -> None:
        self._forget()
        os.register_at_fork(after_in_child=self._forget)  # neither connections nor locks are good in a child

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._apis: Apis | None = None
        self._again_at = 0.0

    def apis(self, environ: Mapping[str, Any]) -> Apis | None:
        """The APIs; None as long as they cannot be made."""
        if self._apis is None:
            with self._lock:
                if self._apis is None and _now() >= self._again_at:
                    self._make(environ)
        return self._apis

    def _make(self, environ: Mapping[str, Any]) -> None:
        from cupola.base.errors import OperatorsError, Unavailable
        from cupola.base.observe.log import set_up

        set_up()
        config, state_dir = (_path(name, environ) for name in ("CUPOLA_CONFIG", "CUPOLA_STATE_DIR"))
        try:
            _share_figures(config)
            from cupola.wiring.apis import start  # all services: only a process that is asked loads them

            self._apis = start(config, state_dir)
        except (OperatorsError, Unavailable) as error:
            log.error("the APIs cannot be served: %s", error)
        except Exception:
            log.exception("the APIs cannot be served")
        self._again_at = _now() + AGAIN_AFTER


def _path(variable: str, environ: Mapping[str, Any]) -> Path | None:
    given = environ.get(variable) or os.environ.get(variable)
    return Path(given) if given else None


def _share_figures(config: Path | None) -> None:
    """Keep figures where all processes that Apache has for us keep theirs: to be settled before anything counts."""
    from cupola.base.observe.settings import ObserveSettings
    from cupola.base.settings import load_file, read

    directory = read(ObserveSettings, "observe", load_file(config)).shared
    if os.access(directory, os.W_OK):
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(directory))


_process = _Process()


def _serve(service: str | None) -> Callable[[dict[str, Any], StartResponse], Iterable[bytes]]:
    """The callable of all services, or of one alone."""

    def serve(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        apis = _process.apis(environ)
        if apis is None:
            return _unavailable(environ, start_response)
        answer: Iterable[bytes] = apis.app(service)(environ, start_response)
        return answer

    return serve


def _unavailable(environ: Mapping[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    message = "The cloud's APIs cannot be served at the moment; the server's log says why."
    body = json.dumps({"error": {"code": 503, "title": "Service Unavailable", "message": message}}).encode()
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Retry-After", str(AGAIN_AFTER)),
    ]
    if given := environ.get("CUPOLA_REQUEST_ID"):
        headers.append(("x-openstack-request-id", given))
    start_response("503 Service Unavailable", headers)
    return [body]


application = _serve(None)
identity = _serve("identity")
image = _serve("image")
placement = _serve("placement")
compute = _serve("compute")
network = _serve("network")
lens = _serve("lens")
