"""What identity keeps in memory: the keys of tokens, the hasher of passwords, and callers already looked up."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from cupola.base.auth.fernet import FernetTokens
from cupola.base.auth.fernet_keys import Keys
from cupola.base.auth.passwords import Passwords
from cupola.base.context import Caller
from cupola.identity.settings import IdentitySettings


@dataclass(frozen=True)
class _Remembered:
    caller: Caller
    epoch: int
    expires_at: datetime


class Callers:
    """Callers by token, as of an epoch; the least recently used are forgotten. Tokens themselves are not kept."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._known: OrderedDict[bytes, _Remembered] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, token: str, epoch: int, now: datetime) -> Caller | None:
        key = _digest(token)
        with self._lock:
            found = self._known.get(key)
            if found is None or found.epoch != epoch or found.expires_at <= now:
                return None
            self._known.move_to_end(key)
            return found.caller

    def keep(self, token: str, caller: Caller, epoch: int, expires_at: datetime) -> None:
        with self._lock:
            self._known[_digest(token)] = _Remembered(caller, epoch, expires_at)
            while len(self._known) > self._size:
                self._known.popitem(last=False)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


class Identity:
    """Made once by wiring and handed to whatever seals or checks: `tokens`, `passwords`, `callers`, `settings`."""

    def __init__(self, settings: IdentitySettings, keys: Keys) -> None:
        self.settings = settings
        self.keys = keys
        self.tokens = FernetTokens(keys)
        self.passwords = Passwords(settings.cost)
        self.callers = Callers(settings.remembered_callers)
