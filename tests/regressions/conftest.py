"""A whole simulated cloud for what once went wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from cupola.testing.cloud import TestCloud


@pytest.fixture
def cloud(tmp_path: Path) -> TestCloud:
    return TestCloud(tmp_path)
