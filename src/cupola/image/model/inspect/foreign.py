"""Formats that are known only so that they are not taken for raw: a host that guessed them would open them."""

from cupola.image.model.inspect.image import Format, Image


class Foreign(Format):
    """A format told by the bytes it starts with; never accepted."""

    def __init__(self, name: str, *magics: bytes) -> None:
        self.name = name
        self._magics = magics

    def matches(self, image: Image) -> bool:
        return image.head.startswith(self._magics)


FOREIGN = (
    Foreign("qed", b"QED\0"),
    Foreign("luks", b"LUKS\xba\xbe"),
    Foreign("parallels", b"WithoutFreeSpace", b"WithouFreSpacExt"),
    Foreign("vmdk extent", b"COWD"),
    Foreign("bochs", b"Bochs Virtual HD Image"),
    Foreign("cloop", b"#!/bin/sh\n#V2.0 Format\n"),
)
