"""Uploads whose process died give their image back, and bytes that no row names are set aside."""

from __future__ import annotations

from datetime import timedelta

from cupola.base.context import Context
from cupola.base.upkeep import Loop
from cupola.image.logic import bytes as logic
from cupola.image.settings import ImageSettings

EVERY = timedelta(seconds=60)


def loop(settings: ImageSettings) -> Loop:
    """The loop over the store that the settings name."""

    def one_pass(ctx: Context) -> str:
        given_up = logic.give_up_dead_uploads(ctx)
        tidied = logic.tidy(ctx, settings)
        return (
            f"{given_up} dead uploads given up; of files without an image {tidied.set_aside} set aside, "
            f"{tidied.brought_back} put back, {tidied.removed} removed"
        )

    return Loop("image.uploads", EVERY, one_pass)
