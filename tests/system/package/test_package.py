"""The package itself, as Debian's own examiner sees it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def test_lintian_finds_no_error_and_no_warning(package: Path) -> None:
    if shutil.which("lintian") is None:
        pytest.skip("lintian is not installed (`make test-full` installs it)")
    words = ["lintian", "--allow-root", "--fail-on", "error,warning", package]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
