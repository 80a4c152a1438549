"""The tables of one network: what a port may send, and what may reach it."""

from dataclasses import replace
from pathlib import Path

from cupola.network.host.layout import Table
from cupola.network.host.plan.firewall import firewall_tables, link_local
from cupola.network.host.plan.flows import lost_flows
from cupola.network.host.settings import HostNetwork
from cupola.network.model.wanted import AddressPair, FixedIp, NetworkWanted, PortWanted, RuleWanted

HOST = HostNetwork("ab12", "one", Path("/nowhere"))
ID = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
GROUP = "5b1f0000-0000-4000-8000-000000000001"
SSH = RuleWanted("ingress", "IPv4", "tcp", 22, 22)
FROM_GROUP = RuleWanted("ingress", "IPv4", remote_group_id=GROUP)
PORT = PortWanted(ID, "fa:16:3e:00:00:05", "tap5", fixed_ips=(FixedIp(ID, "10.0.0.5"),), rules=(SSH,))
NETWORK = NetworkWanted(ID, 1, ports=(PORT,))


def tables(doc: NetworkWanted, zone: int = 5) -> tuple[Table, Table]:
    numbers = {port.tap: number for number, port in enumerate(doc.ports, start=11)}
    bridge, inet = firewall_tables(doc, HOST, zone, numbers)
    return bridge, inet


def chain(table: Table, name: str) -> list[str]:
    """The rules of a chain, as the text of the table has them."""
    lines = [line.strip() for line in table.text.splitlines()]
    start = lines.index(f"chain {name} {{") + 1
    return lines[start : lines.index("}", start)]


def test_the_mark_carries_zone_and_port_from_one_family_to_the_other() -> None:
    bridge, inet = tables(NETWORK)
    assert chain(bridge, "tap5-from")[0] == "meta mark set 0x0005000b"
    assert bridge.sets["destinations"] == ("tap5 : 0x8005000b",)
    assert inet.sets["egress-of"] == ("0x0005000b : goto tap5-out",)
    assert inet.sets["ingress-of"] == ("0x8005000b : goto tap5-in",)
    assert "ct zone set 5" in chain(inet, "zone")[1]


def test_a_port_sends_from_its_own_addresses_and_those_of_its_pairs() -> None:
    pairs = (AddressPair("10.0.0.64/26"), AddressPair("10.0.0.200", "fa:16:3e:00:00:aa"))
    rules = chain(tables(replace(NETWORK, ports=(replace(PORT, allowed_address_pairs=pairs),)))[0], "tap5-from")
    assert "ether saddr fa:16:3e:00:00:05 ip saddr { 10.0.0.5, 10.0.0.64/26 } accept" in rules
    assert "ether saddr fa:16:3e:00:00:aa ip saddr 10.0.0.200 accept" in rules
    assert "ether saddr != { fa:16:3e:00:00:05, fa:16:3e:00:00:aa } counter drop" in rules
    assert rules[-1] == "counter drop"


def test_a_port_advertises_its_own_addresses_only() -> None:
    addresses = (*PORT.fixed_ips, FixedIp(ID, "fd00::5"))
    port = replace(PORT, fixed_ips=addresses, allowed_address_pairs=(AddressPair("fd00:2::/64"),))
    assert (
        "icmpv6 type nd-neighbor-advert @th,64,128 != { 0xfd000000000000000000000000000005, "
        "0xfd000002000000000000000000000000-0xfd00000200000000ffffffffffffffff, 0xfe80000000000000f8163efffe000005 } "
        "counter drop"
    ) in chain(tables(replace(NETWORK, ports=(port,)))[0], "tap5-from")


def test_what_no_rule_allows_is_dropped() -> None:
    _, inet = tables(NETWORK)
    assert chain(inet, "tap5-in") == ["meta nfproto ipv4 meta l4proto 6 th dport 22 accept", "counter drop"]
    assert chain(inet, "tap5-out") == ["counter drop"]
    assert chain(inet, "egress")[-1] == chain(inet, "ingress")[-1] == "counter drop"


def test_a_port_without_security_is_in_no_chain() -> None:
    bridge, inet = tables(replace(NETWORK, ports=(replace(PORT, port_security=False),)))
    assert "tap5" not in bridge.text + inet.text


def test_a_group_is_a_set_of_its_members_without_overlaps() -> None:
    port = replace(PORT, rules=(FROM_GROUP,))
    members = ("10.0.0.7", "10.0.0.0/29", "fd00::7", "10.0.1.1")
    _, inet = tables(replace(NETWORK, ports=(port,), remote_groups={GROUP: members}))
    assert inet.sets[f"sg4-{GROUP}"] == ("10.0.0.0/29", "10.0.1.1")
    _, without = tables(replace(NETWORK, ports=(port,)))
    assert without.sets[f"sg4-{GROUP}"] == ()


def test_tables_of_another_content_are_not_equal() -> None:
    other = replace(NETWORK, ports=(replace(PORT, rules=(replace(SSH, port_min=23, port_max=23),)),))
    assert tables(NETWORK) == tables(NETWORK)
    assert tables(NETWORK)[1] != tables(other)[1]


def test_a_link_local_address_is_made_of_the_mac() -> None:
    assert link_local("fa:16:3e:00:00:05") == "fe80::f816:3eff:fe00:5"


def ended(before: NetworkWanted | None, now: NetworkWanted) -> set[str]:
    return {change.args[-1] for change in lost_flows(before, now, HOST, 5)}


def with_port(**fields: object) -> NetworkWanted:
    return replace(NETWORK, ports=(replace(PORT, **fields),))  # type: ignore[arg-type]


def test_flows_end_when_something_is_lost_and_only_then() -> None:
    more = with_port(rules=(SSH, RuleWanted("egress", "IPv4")))
    assert ended(NETWORK, NETWORK) == set()
    assert ended(NETWORK, more) == set()
    assert ended(more, NETWORK) == {"10.0.0.5"}
    assert ended(NETWORK, replace(NETWORK, ports=())) == {"10.0.0.5"}
    assert ended(with_port(port_security=False), NETWORK) == {"10.0.0.5"}
    assert ended(NETWORK, with_port(port_security=False)) == set()
    assert ended(None, NETWORK) == {"10.0.0.5"}


def test_flows_of_allowed_pairs_end_as_well() -> None:
    before = with_port(allowed_address_pairs=(AddressPair("10.0.0.200"), AddressPair("fd00::/64")))
    now = with_port(allowed_address_pairs=before.ports[0].allowed_address_pairs, rules=())
    assert ended(before, now) == {"10.0.0.5", "10.0.0.200", "fd00::/64"}


def test_flows_end_when_a_member_leaves_a_group() -> None:
    two = replace(with_port(rules=(FROM_GROUP,)), remote_groups={GROUP: ("10.0.0.6", "10.0.0.7")})
    one = replace(two, remote_groups={GROUP: ("10.0.0.6",)})
    assert ended(two, one) == {"10.0.0.5"}
    assert ended(one, two) == set()
