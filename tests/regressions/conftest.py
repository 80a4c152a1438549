"""A whole simulated cloud for what once went wrong; whatever was done to it, doctor finds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cupola.testing.cloud import TestCloud


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[TestCloud]:
    cloud = TestCloud(tmp_path)
    yield cloud
    cloud.run_for(130)  # each upkeep and each host looks twice
    cloud.settle()
    assert cloud.findings() == []
