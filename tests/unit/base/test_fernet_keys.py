"""The key directory: made once, rotated, read again when it changed."""

import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest

from cupola.base.auth.fernet import FernetTokens, InvalidToken, Payload
from cupola.base.auth.fernet_keys import KeyDirectory, KeysUnusable

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PAYLOAD = Payload(
    user_id="a" * 32, methods=("password",), audit_ids=("x",), issued_at=NOW, expires_at=NOW + timedelta(hours=1)
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "keys" / "tokens"
    KeyDirectory(path).create()
    return path


def keys(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.iterdir()}


def test_it_starts_with_a_staged_and_a_primary_key_for_the_owners_eyes_only(path: Path) -> None:
    assert keys(path).keys() == {"0", "1"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.iterdir()} == {0o600}


def test_creating_again_changes_nothing(path: Path) -> None:
    before = keys(path)
    KeyDirectory(path).create()
    assert keys(path) == before


def test_many_who_start_at_once_agree_on_the_keys(tmp_path: Path) -> None:
    path, barrier, tokens = tmp_path / "keys", Barrier(8), []

    def start() -> None:
        directory = KeyDirectory(path)
        barrier.wait()
        directory.create()
        tokens.append(FernetTokens(directory).issue(PAYLOAD))

    threads = [Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reader = FernetTokens(KeyDirectory(path))
    assert keys(path).keys() == {"0", "1"}
    assert [reader.verify(token, NOW) for token in tokens] == [PAYLOAD] * 8


def test_a_rotation_makes_the_staged_key_primary_and_drops_the_oldest(path: Path) -> None:
    first = keys(path)
    directory = KeyDirectory(path, keep=3)
    directory.rotate()
    second = keys(path)
    assert second.keys() == {"0", "1", "2"}
    assert second["2"] == first["0"] and second["1"] == first["1"] and second["0"] not in first.values()
    directory.rotate()
    assert keys(path).keys() == {"0", "2", "3"}


def test_tokens_outlive_rotations_until_their_key_is_dropped(path: Path) -> None:
    tokens = FernetTokens(KeyDirectory(path))
    token = tokens.issue(PAYLOAD)
    KeyDirectory(path).rotate()
    assert tokens.verify(token, NOW) == PAYLOAD
    KeyDirectory(path).rotate()
    with pytest.raises(InvalidToken):
        FernetTokens(KeyDirectory(path)).verify(token, NOW)


def test_others_notice_a_rotation(path: Path) -> None:
    here, there = FernetTokens(KeyDirectory(path)), FernetTokens(KeyDirectory(path))
    for number in range(4):
        payload = replace(PAYLOAD, user_id=str(number))
        assert there.verify(here.issue(payload), NOW) == payload
        KeyDirectory(path).rotate()


def test_a_key_replaced_in_place_is_noticed_when_a_token_does_not_open(path: Path) -> None:
    tokens = FernetTokens(KeyDirectory(path))
    tokens.issue(PAYLOAD)
    elsewhere = KeyDirectory(path.parent / "other")
    elsewhere.create()
    (path / "1").write_bytes((path.parent / "other" / "1").read_bytes() + b"\n")
    assert tokens.verify(FernetTokens(elsewhere).issue(PAYLOAD), NOW) == PAYLOAD


def test_what_a_crash_left_does_no_harm(path: Path) -> None:
    (path / "0").unlink()
    (path / ".new").write_bytes(b"half a k")
    FernetTokens(KeyDirectory(path)).issue(PAYLOAD)
    KeyDirectory(path).rotate()
    assert keys(path).keys() == {"0", "1", "2"}


def test_faults_are_told_with_place_and_cause_but_no_key(path: Path) -> None:
    with pytest.raises(KeysUnusable, match="nowhere: No such file"):
        KeyDirectory(path / "nowhere").current()
    (path / "1").write_bytes(b"secret")
    with pytest.raises(KeysUnusable, match="tokens/1 is not a key: 32 bytes") as refused:
        KeyDirectory(path).current()
    assert "secret" not in str(refused.value)
    path.chmod(0o705)
    with pytest.raises(KeysUnusable, match="make its mode 0700"):
        KeyDirectory(path).current()
