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
