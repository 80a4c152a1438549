"""How a refused body is worded."""

from __future__ import annotations

from typing import Any

import pytest

from cupola.base.http.validation import InvalidField, check

USER = {
    "type": "object",
    "properties": {
        "user": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "password": {"type": "string", "minLength": 8}},
            "required": ["name"],
        }
    },
}


def refused(body: Any) -> str:
    with pytest.raises(InvalidField) as caught:
        check(USER, body)
    return caught.value.message


def test_the_field_and_its_value_are_named() -> None:
    assert refused({"user": {"name": 5}}) == (
        "Invalid input for field/attribute name. Value: 5. 5 is not of type 'string'"
    )


@pytest.mark.parametrize("body", [{"name": "x", "password": "hunter2"}, {"password": "hunter2"}])
def test_a_password_is_not_repeated(body: dict[str, Any]) -> None:
    assert "***" in refused({"user": body})
    assert "hunter2" not in refused({"user": body})


FLAVOR = {
    "type": "object",
    "properties": {
        "ram": {"type": ["integer", "string"], "pattern": "^[0-9]+$", "minimum": 1, "maximum": 100},
        "factor": {"type": ["number", "string"], "exclusiveMinimum": 0, "maximum": 2.5},
        "minimum": {"type": "string"},
    },
}


@pytest.mark.parametrize(
    "flavor", [{"ram": 1}, {"ram": "1"}, {"ram": "100"}, {"factor": "0.1"}, {"factor": "2.5"}, {"minimum": "-1"}]
)
def test_a_number_within_its_bounds_may_be_text(flavor: dict[str, Any]) -> None:
    check(FLAVOR, flavor)


@pytest.mark.parametrize(
    "flavor", [{"ram": 0}, {"ram": "0"}, {"ram": "101"}, {"ram": "9" * 5000}, {"factor": "0"}, {"factor": "2.6"}]
)
def test_bounds_hold_for_numbers_as_text_too(flavor: dict[str, Any]) -> None:
    with pytest.raises(InvalidField, match=f"field/attribute {next(iter(flavor))}"):
        check(FLAVOR, flavor)


def test_text_that_is_out_of_bounds_is_told_which() -> None:
    with pytest.raises(InvalidField, match="'101' is not a 'number of at least 1 and at most 100'"):
        check(FLAVOR, {"ram": "101"})
