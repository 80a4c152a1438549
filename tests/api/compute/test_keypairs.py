"""Key pairs, as clients see them."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2Zz0gYH3cTgqT1P7qKTXmUWJwq8ZpQH0i8gE4xYw5b a@b"


def add(api: Any, name: str = "mine", token: str = "member", **more: Any) -> Any:
    return api("POST", "/os-keypairs", {"keypair": {"name": name, "public_key": PUBLIC} | more}, token=token)


def test_a_user_imports_a_key(api: Any) -> None:
    made = add(api)
    assert made.status == 201
    assert made.body["keypair"] == {
        "name": "mine",
        "type": "ssh",
        "user_id": "alice-id",
        "public_key": PUBLIC,
        "fingerprint": made.body["keypair"]["fingerprint"],
    }
    assert len(made.body["keypair"]["fingerprint"].split(":")) == 16
    seen = api("GET", "/os-keypairs/mine").body["keypair"]
    assert (seen["deleted"], seen["deleted_at"], isinstance(seen["id"], int)) == (False, None, True)


def test_before_2_92_one_is_made_and_its_private_key_given_once(api: Any) -> None:
    made = api("POST", "/os-keypairs", {"keypair": {"name": "made"}}, at="2.1")
    assert made.status == 200
    key = serialization.load_ssh_private_key(made.body["keypair"]["private_key"].encode(), None)
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    assert made.body["keypair"]["public_key"].startswith(public.decode())
    assert "private_key" not in api("GET", "/os-keypairs/made").body["keypair"]
    assert api("POST", "/os-keypairs", {"keypair": {"name": "no-more"}}).status == 400


def test_a_certificate_is_made_and_imported(api: Any) -> None:
    made = api("POST", "/os-keypairs", {"keypair": {"name": "win", "type": "x509"}}, at="2.2").body["keypair"]
    again = add(api, "again", type="x509", public_key=made["public_key"]).body["keypair"]
    assert again["fingerprint"] == made["fingerprint"]


@pytest.mark.parametrize("change", [{"public_key": "nonsense"}, {"name": "a/b"}, {"type": "pgp"}, {"colour": "red"}])
def test_what_is_no_key_is_refused(api: Any, change: dict[str, Any]) -> None:
    assert add(api, **change).status == 400


def test_a_name_is_a_users_own(api: Any) -> None:
    add(api)
    assert add(api).body["conflictingRequest"]["message"] == "Key pair 'mine' already exists."
    assert add(api, token="other").status == 201
    assert api("GET", "/os-keypairs/mine", token="reader").status == 404


def test_an_administrator_acts_for_a_user(api: Any) -> None:
    assert add(api, token="other", user_id="alice-id").status == 403
    assert add(api, token="admin", user_id="alice-id").status == 201
    assert len(api("GET", "/os-keypairs?user_id=alice-id", token="admin").body["keypairs"]) == 1
    assert api("DELETE", "/os-keypairs/mine?user_id=alice-id", token="other").status == 403
    assert api("DELETE", "/os-keypairs/mine").status == 204
    assert api("DELETE", "/os-keypairs/mine").status == 404


def test_a_list_is_paged_by_name(api: Any) -> None:
    for name in ("c", "a", "b"):
        add(api, name)
    first = api("GET", "/os-keypairs?limit=2").body
    assert [one["keypair"]["name"] for one in first["keypairs"]] == ["a", "b"]
    rest = first["keypairs_links"][0]["href"].partition("/v2.1")[2]
    assert [one["keypair"]["name"] for one in api("GET", rest).body["keypairs"]] == ["c"]
    assert api("GET", "/os-keypairs?marker=absent").status == 400


def test_a_user_has_no_more_than_the_quota(api: Any) -> None:
    api("PUT", "/os-quota-sets/blue", {"quota_set": {"key_pairs": 1}}, token="admin")
    assert add(api, "one").status == 201
    assert add(api, "two").status == 403
