"""What the guide is carried out on: the package, built once, and machines with it; or, for `make test`, without it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.system.package.site import System, debootstrap

from cupola.testing.servers import apache, database, rabbitmq
from cupola.testing.servers.machine import installed

PROJECT = Path(__file__).parents[3]
WHOLE = os.environ.get("CUPOLA_TEST_PACKAGE") == "1"


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of this tree; CUPOLA_TEST_DEB names one that is built already."""
    if not WHOLE:
        pytest.skip("takes minutes and a network: `make test-full` runs it")
    if given := os.environ.get("CUPOLA_TEST_DEB"):
        return Path(given)
    directory = tmp_path_factory.mktemp("package")
    done = subprocess.run([PROJECT / "packaging" / "deb.sh", directory], capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    (made,) = directory.glob("cupola_*.deb")
    return made


@pytest.fixture(scope="session")
def newer(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The version after it: it knows one table more."""
    directory = tmp_path_factory.mktemp("newer")
    tree = directory / "tree"
    subprocess.run(["dpkg-deb", "-R", package, tree], check=True, timeout=120)
    control = tree / "DEBIAN" / "control"
    control.write_text(control.read_text().replace("\nVersion: 0.", "\nVersion: 9.", 1))
    (versions,) = tree.glob("usr/lib/cupola/lib/python3.*/site-packages/cupola/base/db/versions")
    last = max(file.stem.split("_")[0] for file in versions.glob("[0-9]*.py"))
    (versions / "9999_upgraded.py").write_text(_REVISION.format(last=last))
    made = directory / "cupola_9_amd64.deb"
    subprocess.run(["dpkg-deb", "-Znone", "--root-owner-group", "-b", tree, made], check=True, timeout=300)
    shutil.rmtree(tree)
    return made


_REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{last}"


def upgrade() -> None:
    op.create_table("upgraded", sa.Column("id", sa.Integer(), primary_key=True))
"""


@pytest.fixture(scope="session")
def debian(package: Path) -> Iterator[System]:
    """A clean Debian and the package; CUPOLA_TEST_DEBIAN names a directory in which debootstrap has been already."""
    if not (installed() and shutil.which("debootstrap")):
        pytest.skip("needs root, systemd-nspawn and debootstrap")
    if given := os.environ.get("CUPOLA_TEST_DEBIAN"):
        yield System(Path(given), package)
        return
    with tempfile.TemporaryDirectory(prefix="cupola-debian-", dir="/var/tmp") as directory:
        debootstrap(Path(directory) / "root")
        yield System(Path(directory) / "root", package)


@pytest.fixture(scope="session")
def system(request: pytest.FixtureRequest) -> System:
    """A clean Debian and the package; where that would take too long, this machine's files and this program."""
    if WHOLE:
        made: System = request.getfixturevalue("debian")
        return made
    if not (installed() and apache.installed() and database.installed("postgresql") and rabbitmq.installed()):
        pytest.skip("needs root, systemd-nspawn, Apache, PostgreSQL and RabbitMQ")
    return System(Path("/"), None)
