"""Builds the guest image once and keeps it until one of the scripts that make it changes."""

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
INPUTS = ("build.sh", "guest-init", "initrd-init", "udhcpc.script")
IMAGE = "guest.qcow2"


class BuildError(Exception):
    """The image could not be built; the message says what is missing."""


def default_cache() -> Path:
    """The directory that keeps built images: CUPOLA_CACHE, else the system's (root) or the user's own."""
    if chosen := os.environ.get("CUPOLA_CACHE"):
        return Path(chosen)
    if os.geteuid() == 0:
        return Path("/var/cache/cupola")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cupola"


def build(cache: Path) -> Path:
    """The path of `guest.qcow2` under `cache`, built there first if it is not there yet (seconds; needs a network).

    Beside it lie `guest.vmlinuz`, `guest.initrd` and `guest.ext4`, for images of separate kernel and ramdisk.
    Several processes may build at once: the first to finish wins.
    Raises BuildError with the script's own words when packages or programs are missing.
    """
    kept = cache / f"guest-{_fingerprint()}"
    if (kept / IMAGE).exists():
        return kept / IMAGE
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="building-", dir=cache) as scratch:
        fresh = Path(scratch, "image")
        script = ["/bin/sh", str(HERE / "build.sh"), str(fresh)]
        done = subprocess.run(script, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise BuildError(done.stderr.strip() or f"the guest image's build ended with code {done.returncode}")
        fresh.chmod(0o755)  # root may build it under a narrow umask, for a cloud that is another user's
        for file in fresh.iterdir():
            file.chmod(0o644)
        try:
            fresh.rename(kept)
        except OSError:
            if not (kept / IMAGE).exists():  # not that another process was faster
                raise
    return kept / IMAGE


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for name in INPUTS:
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()[:12]
