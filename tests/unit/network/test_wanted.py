"""Documents travel as JSON and hold nothing but what they are for."""

import json

import pytest

from cupola.network.model.wanted import (
    AddressPair,
    DhcpHost,
    FixedIp,
    ForwardingEntry,
    NetworkWanted,
    PortWanted,
    RouterWanted,
    RuleWanted,
    SubnetWanted,
)

ID = "3fa85f64-5717-4562-b3fc-2c963f66afa6"


def test_a_document_survives_json() -> None:
    doc = NetworkWanted(
        ID,
        7,
        mtu=1450,
        vni=12,
        subnets=(SubnetWanted(ID, "10.0.0.0/24", gateway_ip="10.0.0.1"),),
        ports=(PortWanted(ID, "fa:16:3e:00:00:01", "tap1", rules=(RuleWanted("ingress", "IPv4", "tcp", 22, 22),)),),
        remote_groups={ID: ("10.0.0.4",)},
        fdb=(ForwardingEntry("fa:16:3e:00:00:02", "192.0.2.1", ("10.0.0.9",)),),
    )
    assert NetworkWanted.from_json(json.loads(json.dumps(doc.to_json()))) == doc


def test_what_is_left_out_has_its_default_and_what_is_unknown_is_ignored() -> None:
    doc = RouterWanted.from_json({"router_id": ID, "generation": 1, "requires": ["network/1"]})
    assert doc == RouterWanted(ID, 1)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"generation": 1}, "NetworkWanted.network_id is missing"),
        ({"network_id": ID, "generation": "1"}, "NetworkWanted.generation: expected int, got str"),
        ({"network_id": ID, "generation": True}, "expected int, got bool"),
        ({"network_id": ID, "generation": 1, "ports": {}}, "NetworkWanted.ports: expected a list, got dict"),
        ({"network_id": ID, "generation": 1, "ports": [3]}, r"ports\[0\]: expected an object"),
    ],
)
def test_a_wrong_document_is_refused_with_the_place(value: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        NetworkWanted.from_json(value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: PortWanted(ID, "fa:16:3e:00:00:01", 'tap" }; flush ruleset'),
        lambda: PortWanted(ID, "fa:16:3e:00:00:01", "longer-than-an-interface"),
        lambda: PortWanted(ID, "FA:16:3E:00:00:01", "tap1"),
        lambda: FixedIp(ID, "10.0.0.1\n10.0.0.2"),
        lambda: FixedIp(ID, "fe80::1%eth0 accept"),
        lambda: AddressPair("0.0.0.0/0; drop"),
        lambda: DhcpHost("fa:16:3e:00:00:01", (), "name,10.0.0.1"),
        lambda: NetworkWanted("../../etc", 1),
        lambda: RuleWanted("sideways", "IPv4"),
    ],
)
def test_text_that_could_mean_more_than_it_should_is_refused(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError):
        make()
