"""What a request does to a server at once, recorded like all that is done to one: locks, and states by decree."""

from __future__ import annotations

from cupola.base.operations import Operation

LOCK_SERVER = Operation("compute.lock_server", "server", ())
UNLOCK_SERVER = Operation("compute.unlock_server", "server", ())
RESET_STATE = Operation("compute.reset_state", "server", ())
