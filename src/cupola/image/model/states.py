"""The states of an image, and which may follow which."""

from __future__ import annotations

NEXT: dict[str, frozenset[str]] = {
    "queued": frozenset({"saving", "uploading", "deleted"}),
    "saving": frozenset({"active", "queued", "deleted"}),
    "uploading": frozenset({"active", "queued", "deleted"}),
    "active": frozenset({"deactivated", "deleted"}),
    "deactivated": frozenset({"active", "deleted"}),
}
"""`saving` and `uploading` each belong to one upload, known by its id and alive until its deadline. An `uploading`
image without a deadline has all its bytes, judged and digested, and waits to be imported."""

UPLOADING = ("saving", "uploading")


def may_follow(old: str, new: str) -> bool:
    return new in NEXT[old]
