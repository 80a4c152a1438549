"""Locking and unlocking a server: done at once by the request, and recorded like all that is done to a server."""

from __future__ import annotations

from cupola.base.operations import Operation

LOCK_SERVER = Operation("compute.lock_server", "server", ())
UNLOCK_SERVER = Operation("compute.unlock_server", "server", ())
