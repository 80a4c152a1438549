"""Traits and resource classes, as clients see them."""

from __future__ import annotations

from typing import Any


def test_standard_traits_are_there_and_stay(api: Any) -> None:
    assert api("GET", "/traits/HW_CPU_X86_AVX").status == 204
    assert api("GET", "/traits/NO_SUCH").status == 404
    assert api("DELETE", "/traits/HW_CPU_X86_AVX").status == 400
    assert "COMPUTE_NODE" in api("GET", "/traits").body["traits"]


def test_a_custom_trait_comes_once_and_goes_when_nobody_has_it(api: Any) -> None:
    assert api("PUT", "/traits/CUSTOM_GOLD").status == 201
    assert api("PUT", "/traits/CUSTOM_GOLD").status == 204
    assert api("PUT", "/traits/lower").status == 400
    rp = api.provider("one")
    api.has(rp, traits=("CUSTOM_GOLD",))
    assert api("DELETE", "/traits/CUSTOM_GOLD").status == 409
    api("DELETE", f"/resource_providers/{rp}/traits")
    assert api("DELETE", "/traits/CUSTOM_GOLD").status == 204
    assert api("DELETE", "/traits/CUSTOM_GOLD").status == 404


def test_traits_are_found_by_name_prefix_and_use(api: Any) -> None:
    api("PUT", "/traits/CUSTOM_GOLD")
    api("PUT", "/traits/CUSTOM_GREY")
    api.has(api.provider("one"), traits=("CUSTOM_GREY",))
    assert api("GET", "/traits?name=in:HW_CPU_X86_AVX,NO_SUCH").body["traits"] == ["HW_CPU_X86_AVX"]
    assert api("GET", "/traits?name=startswith:CUSTOM_").body["traits"] == ["CUSTOM_GOLD", "CUSTOM_GREY"]
    assert api("GET", "/traits?associated=true").body["traits"] == ["CUSTOM_GREY"]
    assert api("GET", "/traits?name=gold").status == 400
    assert api("GET", "/traits?associated=maybe").status == 400


def test_resource_classes_are_standard_or_custom(api: Any) -> None:
    assert api("PUT", "/resource_classes/CUSTOM_IRON").status == 201
    assert api("PUT", "/resource_classes/CUSTOM_IRON").status == 204
    assert api("POST", "/resource_classes", {"name": "CUSTOM_IRON"}).status == 409
    assert api("PUT", "/resource_classes/VCPU").status == 400
    names = [one["name"] for one in api("GET", "/resource_classes").body["resource_classes"]]
    assert (names[0], names[-1]) == ("VCPU", "CUSTOM_IRON")
    assert api("GET", "/resource_classes/VCPU").body["links"][0]["href"] == "/placement/resource_classes/VCPU"


def test_a_resource_class_goes_when_nobody_has_it(api: Any) -> None:
    api("PUT", "/resource_classes/CUSTOM_IRON")
    rp = api.provider("one", CUSTOM_IRON=1)
    assert api("DELETE", "/resource_classes/CUSTOM_IRON").status == 409
    api("DELETE", f"/resource_providers/{rp}/inventories")
    assert api("DELETE", "/resource_classes/CUSTOM_IRON").status == 204
    assert api("DELETE", "/resource_classes/CUSTOM_IRON").status == 404
    assert api("DELETE", "/resource_classes/VCPU").status == 400


def test_before_1_7_a_put_renames_a_class(api: Any) -> None:
    api("PUT", "/resource_classes/CUSTOM_IRON")
    renamed = api("PUT", "/resource_classes/CUSTOM_IRON", {"name": "CUSTOM_STEEL"}, at="1.6")
    assert renamed.body["name"] == "CUSTOM_STEEL"
    assert api("GET", "/resource_classes/CUSTOM_IRON").status == 404
    assert api("PUT", "/resource_classes/VCPU", {"name": "CUSTOM_X"}, at="1.6").status == 400
