"""What can go wrong with images."""

from __future__ import annotations

from typing import ClassVar

from cupola.base.errors import (
    BadInput,
    Conflict,
    CupolaError,
    Forbidden,
    Gone,
    NotFound,
    TooLarge,
    UnsupportedMediaType,
)


class ImageNotFound(NotFound):
    """There is no such image, or none that the caller may see."""

    def __init__(self, image_id: str, sought_for: str = "") -> None:
        super().__init__(
            f"Failed to find image {image_id} to {sought_for}" if sought_for else f"No image found with ID {image_id}"
        )


class ImageExists(Conflict):
    def __init__(self, image_id: str) -> None:
        super().__init__(f"Image ID {image_id} already exists!")


class ImageProtected(Forbidden):
    def __init__(self, image_id: str) -> None:
        super().__init__(f"Image {image_id} is protected and cannot be deleted.")


class NotOwned(Forbidden):
    """The caller sees the image but it is another project's."""

    def __init__(self, message: str = "You do not own this image") -> None:
        super().__init__(message)


class AttributeReadOnly(Forbidden):
    def __init__(self, name: str) -> None:
        super().__init__(f"Attribute '{name}' is read-only.")


class AttributeReserved(Forbidden):
    def __init__(self, name: str) -> None:
        super().__init__(f"Attribute '{name}' is reserved.")


class LocationsHidden(Forbidden):
    """Bytes come by upload only: where the store keeps them is its own affair."""

    def __init__(self) -> None:
        super().__init__("It's not allowed to set or change locations, which are invisible here.")


class PropertyAbsent(Conflict):
    def __init__(self, name: str) -> None:
        super().__init__(f"There was a conflict in the request: Property {name} does not exist.")


class PropertyPresent(Conflict):
    def __init__(self, name: str) -> None:
        super().__init__(f"There was a conflict in the request: Property {name} already present.")


class StatusForbids(Conflict):
    """The image's state has no way to the state that the request wants."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__(f"Image status transition from {old} to {new} is not allowed")


class NotStaged(Conflict):
    """There are no bytes to import."""

    def __init__(self, image_id: str, status: str) -> None:
        super().__init__(
            f"Image {image_id} needs to be staged before it can be imported by glance-direct; it is {status}."
        )


class FormatUnset(BadInput):
    """Bytes cannot be judged before the image says what they are."""

    def __init__(self, missing: list[str]) -> None:
        what = "Property" if len(missing) == 1 else "Properties"
        super().__init__(f"{what} {', '.join(missing)} must be set prior to saving data.")


class NotWhatSchemaSays(BadInput):
    """The body is not an image as the schema describes it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Provided object does not match schema 'image': {reason}")


class UploadBroken(BadInput):
    """The client stopped sending, or sent something else than it had announced."""


class UploadOvertaken(Gone):
    """While the bytes came, the image was deleted or the upload was given up."""

    def __init__(self, image_id: str) -> None:
        super().__init__(
            f"Image {image_id} could not be found after upload. It was deleted meanwhile, or the upload was given up "
            "because nothing was heard of it; the bytes were removed."
        )


class ImageTooLarge(TooLarge):
    def __init__(self, limit: int) -> None:
        super().__init__(f"The incoming image is too large: more than {limit} bytes.")


class StoreFull(TooLarge):
    def __init__(self) -> None:
        super().__init__("Image storage media is full.")


class RangeNotSatisfiable(CupolaError):
    """The wanted bytes are not within the image."""

    status: ClassVar[int] = 416
    title: ClassVar[str] = "Request Range Not Satisfiable"

    def __init__(self, size: int) -> None:
        super().__init__(
            "The Range requested is not available. Invalid start position in Range header. "
            f"Start position MUST be in the inclusive range [0, {size - 1}]."
        )


class ImageWithoutBytes(NotFound):
    """The image has no bytes (yet)."""


class MemberNotFound(NotFound):
    def __init__(self, image_id: str, member_id: str) -> None:
        super().__init__(f"{member_id} not found in the member list of the image {image_id}.")


class MemberExists(Conflict):
    def __init__(self, image_id: str, member_id: str) -> None:
        super().__init__(f"Member {member_id} is duplicated for image {image_id}")


class TooMany(TooLarge):
    """More things are attached to an image than it may have."""

    def __init__(self, what: str, limit: int, asked: int) -> None:
        super().__init__(f"The limit has been exceeded on the number of allowed image {what}. "
                         f"Attempted: {asked}, Maximum: {limit}")  # fmt: skip


class NotAPatch(UnsupportedMediaType):
    """The body of PATCH is of no media type that says how to read it."""

    def __init__(self, media: str, known: list[str]) -> None:
        super().__init__(
            f"The request media type {media} is not supported by this server. "
            f"Image PATCH expects Content-Type one of: {', '.join(known)}"
        )
        self.headers = {"Accept-Patch": ", ".join(known)}


class NotBytes(UnsupportedMediaType):
    def __init__(self, media: str) -> None:
        super().__init__(
            f"The request media type {media} is not supported by this server. Invalid content type {media}"
        )
