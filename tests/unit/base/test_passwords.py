"""Passwords: present hashes, older ones, and the upgrade from one to the other."""

import pytest

from cupola.base.auth.older_hashes import UnusableHash
from cupola.base.auth.passwords import CHEAPEST, Cost, Passwords

PASSWORDS = Passwords(CHEAPEST)
SHORT, LONG = "s3cret-pässword", "x" * 100

# Made with passlib 1.7.4, the rounds as few as each kind permits.
OLDER = [
    (SHORT, "$2b$04$eMZl6dj4WW3NjXAW7G2GDeHZOS6Fa6YYQCMK.zuMPrjMJs1BHTKNm"),
    (SHORT, "$bcrypt-sha256$v=2,t=2b,r=4$TX6CVO93aGrYJyXsy/68d.$RNM3f6hLcegCQHyMTZsdfbJWxaPqtA."),
    (SHORT, "$bcrypt-sha256$2b,4$SJ6ACozXbNVIJohOI2Onee$EQP1a3MrnHSZsGkHs2YmqpUd6l2jt36"),
    (SHORT, "$scrypt$ln=4,r=8,p=1$urcWopQyJsQYw5hTyplzbg$BGw149oq29qM32wPncV+1T7p4oN9uFcPNalwBpOUP9s"),
    (
        SHORT,
        "$pbkdf2-sha512$100$vre2tnau9Z7Teu9dK0VobQ"
        "$4Y/BNDPr3a7a7W7dXbGqfPYg.59Us4wobJhPuih1EhtGLbZrYeOzx51Z9sUln/ds7bD2DMQdwMyqhPNNX8aSgg",
    ),
    (LONG, "$2b$04$lU4xf3W5QAPEbljJZW3w4OvDtMlRGmmeSDBgp0UiXjrO2UgB5mqXS"),
    (LONG, "$bcrypt-sha256$v=2,t=2b,r=4$cI3UvBCu8PEtZxbccsHVye$ueXiQWuBiQE.Y6YSFGpAOd2v6UZPokG"),
]


def kind(hash: str) -> str:
    return hash.split("$")[1]


def test_the_right_password_is_right_and_no_other() -> None:
    stored = PASSWORDS.hash(SHORT)
    assert PASSWORDS.verify(SHORT, stored) == (True, None)
    for wrong in ("", SHORT + " ", SHORT.upper(), SHORT.replace("ä", "a")):
        assert PASSWORDS.verify(wrong, stored) == (False, None)


def test_two_hashes_of_a_password_differ() -> None:
    assert PASSWORDS.hash(SHORT) != PASSWORDS.hash(SHORT)


def test_by_default_a_hash_takes_19_mib_and_two_passes() -> None:
    assert Passwords().hash(SHORT).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_hash_of_another_cost_is_replaced_when_the_password_is_known() -> None:
    stored = Passwords(Cost(memory=16, passes=1)).hash(SHORT)
    assert PASSWORDS.verify("wrong", stored) == (False, None)
    ok, upgraded = PASSWORDS.verify(SHORT, stored)
    assert ok and upgraded is not None
    assert PASSWORDS.verify(SHORT, upgraded) == (True, None)


@pytest.mark.parametrize(("password", "stored"), OLDER, ids=[kind(stored) for _, stored in OLDER])
def test_older_hashes_are_checked_and_replaced(password: str, stored: str) -> None:
    assert PASSWORDS.verify("wrong", stored) == (False, None)
    ok, upgraded = PASSWORDS.verify(password, stored)
    assert ok and upgraded is not None
    assert PASSWORDS.verify(password, upgraded) == (True, None)


def test_bcrypt_counts_72_bytes_as_it_did_where_the_hash_was_made() -> None:
    (stored,) = [hash for password, hash in OLDER if password == LONG and kind(hash) == "2b"]
    assert PASSWORDS.verify(LONG[:72], stored).ok
    assert not PASSWORDS.verify(LONG[:71], stored).ok


@pytest.mark.parametrize(
    ("stored", "cause"),
    [
        ("", 'kind "" are not known'),
        ("plain text", 'kind "" are not known'),
        ("$6$rounds=5000$salt$digest", 'kind "6" are not known'),
        ("$argon2id$v=19$m=8,t=1,p=1$broken", "argon2 hash is damaged"),
        ("$2b$04$short", '"2b" is damaged'),
        ("$scrypt$ln=4,r=8$c2FsdA$ZGlnZXN0", '"scrypt" is damaged'),
        ("$pbkdf2-sha512$many$c2FsdA$ZGlnZXN0", '"pbkdf2-sha512" is damaged'),
        ("$bcrypt-sha256$v=2$x$y", '"bcrypt-sha256" is damaged'),
    ],
)
def test_a_stored_hash_that_cannot_be_checked_is_a_fault_not_a_wrong_password(stored: str, cause: str) -> None:
    with pytest.raises(UnusableHash, match=cause):
        PASSWORDS.verify(SHORT, stored)


def test_a_user_who_does_not_exist_is_refused_after_the_same_work() -> None:
    assert PASSWORDS.verify_nothing(SHORT) == (False, None)
