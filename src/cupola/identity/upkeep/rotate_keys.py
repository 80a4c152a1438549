"""Token keys do not grow old: they are rotated when the last rotation is longer ago than the settings allow.

A token made with the former primary key stays valid: that key is kept until `keys_kept` newer ones are there, so keys
must not rotate faster than tokens expire.
"""

from __future__ import annotations

from datetime import timedelta

from cupola.base.auth.fernet_keys import KeyDirectory, Keys
from cupola.base.context import Context
from cupola.base.upkeep import Loop


def rotate_keys(keys: Keys, every: timedelta) -> tuple[Loop, ...]:
    """The loop that rotates; none for keys that are given from outside, or when `every` is nothing."""
    if not isinstance(keys, KeyDirectory) or not every:
        return ()
    directory = keys

    def one_pass(ctx: Context) -> str:
        age = ctx.now() - directory.rotated_at()
        if age < every:
            return f"keys are {age.days} days old"
        return "keys rotated" if directory.rotate(ctx.now() - every) else "another process rotated the keys"

    return (Loop("identity.rotate_keys", timedelta(hours=1), one_pass),)
