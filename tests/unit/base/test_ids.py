"""Identifiers."""

from __future__ import annotations

import uuid

import pytest

from cupola.base.ids import RandomIds, SeededIds, hex_id, is_request_id, is_uuid, request_id

ONE = "0123abcd-0123-4567-89ab-0123456789ab"


def test_ids_are_random_uuids_and_the_same_again_from_the_same_seed() -> None:
    assert uuid.UUID(RandomIds().uuid()).version == 4
    assert SeededIds(1).uuid() == SeededIds(1).uuid() != SeededIds(2).uuid()
    assert is_uuid(hex_id(SeededIds(1)))
    assert is_request_id(request_id(SeededIds(1)))


@pytest.mark.parametrize("text", [ONE, ONE.upper(), ONE.replace("-", "")])
def test_a_uuid_is_known_with_and_without_dashes(text: str) -> None:
    assert is_uuid(text)


@pytest.mark.parametrize("text", ["", ONE + "\n", ONE[:-1], "g" + ONE[1:], ONE + "0", " " + ONE, "\u0661" * 32])
def test_what_only_looks_like_a_uuid_is_none(text: str) -> None:
    assert not is_uuid(text)


@pytest.mark.parametrize("text", [ONE, f"req-{ONE}\n", f"req-{ONE.replace('-', '')}", f"REQ {ONE}", ""])
def test_what_only_looks_like_a_request_id_is_none(text: str) -> None:
    assert not is_request_id(text)
