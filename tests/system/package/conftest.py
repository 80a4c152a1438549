"""The Debian package, built once, and one clean system for all tests of a session."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.system.package.clean_root import CleanRoot, can_be_made, clean_root

from cupola.guest.build import build, default_cache

PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of this tree; CUPOLA_TEST_DEB names one that is built already."""
    if given := os.environ.get("CUPOLA_TEST_DEB"):
        return Path(given)
    directory = tmp_path_factory.mktemp("package")
    done = subprocess.run([PROJECT / "packaging" / "deb.sh", directory], capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    (made,) = directory.glob("cupola_*.deb")
    return made


@pytest.fixture(scope="session")
def root(package: Path) -> Iterator[CleanRoot]:
    """A clean Debian with the package in root's home, and the guest image where `cupola bootstrap` looks for it."""
    if os.environ.get("CUPOLA_TEST_PACKAGE") != "1":
        pytest.skip("takes minutes and a network: `make test-full` runs it")
    if why := can_be_made():
        pytest.skip(why)
    with (
        tempfile.TemporaryDirectory(prefix="cupola-root-", dir="/var/tmp", ignore_cleanup_errors=True) as directory,
        clean_root(Path(directory) / "root", "ca-certificates") as made,
    ):
        shutil.copy(package, made.directory / "root")
        image = build(default_cache())
        shutil.copytree(image.parent, made.directory / "var/cache/cupola" / image.parent.name)
        made.run("chmod -R a+rX /var/cache/cupola")  # built by root, read by the user cupola
        yield made
