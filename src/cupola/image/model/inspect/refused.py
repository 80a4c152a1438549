"""Why an image is not taken."""

from cupola.base.errors import BadInput


class ImageRefused(BadInput):
    """The bytes are not what was declared, or would make a host open something it must not.

    `format` is the image's format, `field` the part of it that is at fault, `cause` a sentence for the uploader.
    """

    def __init__(self, format: str, field: str, cause: str) -> None:
        super().__init__(f"{format} {field}: {cause}")
        self.format = format
        self.field = field
        self.cause = cause
