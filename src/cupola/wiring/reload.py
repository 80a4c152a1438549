"""Reading the settings again while the process runs: what can be changed then is, the rest is named."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable

from cupola.base.policy import Enforcer, load_overrides
from cupola.wiring.settings import Settings

AT_ONCE = ("log_level", "policy_file")
"""Settings of [DEFAULT] that need no restart. The policy file is read again whether or not its name has changed."""


class Reload:
    """What SIGHUP does. `read` gives the settings as the file and the environment have them now."""

    def __init__(self, settings: Settings, read: Callable[[], Settings]) -> None:
        self._settings = settings
        self._read = read

    def __call__(self, policy: Enforcer | None = None) -> str:
        """Go by the new settings where that is possible; returns what came of it in a sentence.

        Raises ConfigurationError or PolicyError when they cannot be used: then all stays as it was.
        """
        new = self._read()
        if policy is not None:
            policy.override(load_overrides(new.main.policy_file) if new.main.policy_file else None)
        logging.getLogger().setLevel(new.main.log_level)
        changed = _changed(self._settings, new)
        taken = {name: getattr(new.main, name) for name in AT_ONCE}
        self._settings = dataclasses.replace(self._settings, main=dataclasses.replace(self._settings.main, **taken))
        waiting = _changed(self._settings, new)
        done = [name for name in changed if name not in waiting]
        said = f"The settings were read again; changed: {', '.join(done) or 'nothing'}."
        return f"{said} Only a restart changes {', '.join(waiting)}." if waiting else said


def _changed(old: Settings, new: Settings) -> list[str]:
    """Settings that differ, as "[section] name"."""
    names = []
    for field in dataclasses.fields(Settings):
        was, now = getattr(old, field.name), getattr(new, field.name)
        section = "DEFAULT" if field.name == "main" else field.name
        if dataclasses.is_dataclass(was):
            both = [(each.name, getattr(was, each.name), getattr(now, each.name)) for each in dataclasses.fields(was)]
            names += [f"[{section}] {name}" for name, before, after in both if before != after]
    return names
