"""What a person reads when the guest image cannot be built."""

from pathlib import Path

import pytest

from cupola.guest.build import BuildError, build


def test_a_missing_program_is_named_and_nothing_half_made_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("dirname", "mktemp", "mkdir", "rm"):
        (programs / name).symlink_to(Path("/usr/bin") / name)
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(BuildError, match="guest image: needs the program apt-get"):
        build(tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
