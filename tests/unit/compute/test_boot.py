"""When this machine was booted."""

from __future__ import annotations

from pathlib import Path

from cupola.compute.host.boot import booted_at


def test_the_kernel_tells(tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    stat.write_text("cpu 1 2 3\nbtime 1767225600\nprocesses 7\n")
    assert booted_at(stat) == 1767225600


def test_without_the_kernels_word_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("cpu 1 2 3\n")
    assert booted_at(tmp_path / "empty") is None
    assert booted_at(tmp_path / "absent") is None
