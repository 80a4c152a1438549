"""The difference between two layouts: what, in which order, by which call."""

from dataclasses import replace

from cupola.network.host.changes import Change, changes
from cupola.network.host.layout import Daemon, Layout, Link, Namespace, Route, Table, Vxlan

BRIDGE = Link("h", "br", "bridge", "n-1", "network 1", 1450, group=3, filtered=True)
TAP = Link("h", "tap1", "tap", "n-1", "port 1 network 1", 1450, master="br", group=3, user=107)
OUTER = Link("h", "tapd", "veth", "n-1", "port d network 1", 1450, master="br", group=3, peer=("d", "ns-d"))
INNER = Link("d", "ns-d", "veth", "n-1", "port d network 1", 1450, addresses=("10.0.0.2/24",))
TABLE = Table("h", "inet", "t", "n-1", {"in": 2}, {"set": ("a",)}, "table inet t {}\n")
SPACE = Namespace("d", "n-1")
FILES = {"dnsmasq.conf": "c", "hosts": "h"}
DAEMON = Daemon("n-1", "d", "/s", FILES, leases=(("m", "a"),))
RUNNING = replace(DAEMON, pid=42, leases=())
WANTED = Layout((SPACE,), (BRIDGE, TAP, OUTER, INNER), tables=(TABLE,), daemons=(DAEMON,))
THERE = replace(WANTED, daemons=(RUNNING,))


def calls(found: list[Change]) -> list[str]:
    return [change.call for change in found]


def without(layout: Layout, *links: Link) -> Layout:
    return replace(layout, links=tuple(each for each in layout.links if each not in links))


def test_what_is_there_needs_no_change() -> None:
    assert changes(WANTED, THERE, "n-1") == []


def test_an_empty_host_gets_all_and_the_firewall_before_the_links() -> None:
    found = calls(changes(WANTED, Layout(), "n-1"))
    assert [each for each in found if "add" in each or "nft" in each or "dnsmasq" in each] == [
        "ip netns add d",
        "ip netns exec h nft -f - <<< 'table inet t {}\n'",
        "ip -n h link add br type bridge nf_call_iptables 1 nf_call_ip6tables 1 stp_state 0 forward_delay 0 "
        "mcast_snooping 0",
        "ip -n h tuntap add dev tap1 mode tap user 107",
        "ip -n h link add tapd type veth peer name ns-d netns d",
        "ip -n d address add 10.0.0.2/24 dev ns-d",
        "write /s/dnsmasq.conf",
        "ip netns exec d dnsmasq --conf-file=/s/dnsmasq.conf",
    ]


def test_only_what_differs_is_set() -> None:
    there = replace(THERE, links=(BRIDGE, replace(TAP, master=None, mtu=1500), OUTER, INNER))
    (change,) = changes(WANTED, there, "n-1")
    assert change.call == "ip -n h link set dev tap1 mtu 1450 master br"
    assert change.what == "link tap1 lacks mtu 1450 master br"


def test_a_bridge_that_passes_the_security_groups_by_is_brought_back() -> None:
    (change,) = changes(WANTED, replace(THERE, links=(replace(BRIDGE, filtered=False), TAP, OUTER, INNER)), "n-1")
    assert change.call == "ip -n h link set dev br type bridge nf_call_iptables 1 nf_call_ip6tables 1"


def test_a_pair_of_which_one_end_is_lost_is_made_anew() -> None:
    found = calls(changes(WANTED, without(THERE, OUTER), "n-1"))
    assert found[0] == "ip -n d link del ns-d"
    assert "ip -n h link add tapd type veth peer name ns-d netns d" in found
    assert "ip -n d address add 10.0.0.2/24 dev ns-d" in found


def test_a_tunnel_from_another_address_is_made_anew() -> None:
    wanted = Layout(links=(Link("h", "vxlan-7", "vxlan", "n-1", vxlan=Vxlan(7, "192.0.2.1", 4789, "u")),))
    there = Layout(links=(Link("h", "vxlan-7", "vxlan", "n-1", vxlan=Vxlan(7, "192.0.2.9", 4789, "")),))
    assert calls(changes(wanted, there, "n-1"))[:2] == [
        "ip -n h link del vxlan-7",
        "ip -n u link add name vxlan-7 netns h type vxlan id 7 local 192.0.2.1 dstport 4789 nolearning",
    ]


def test_only_the_owners_extras_are_removed() -> None:
    mine, other = replace(TAP, name="tap2"), replace(TAP, name="tap3", owner="n-2")
    nobodys = replace(TAP, name="eth0", owner="")
    there = replace(THERE, links=(*THERE.links, mine, other, nobodys))
    assert calls(changes(WANTED, there, "n-1")) == ["ip -n h link del tap2"]
    assert calls(changes(WANTED, there)) == ["ip -n h link del tap2", "ip -n h link del tap3"]


def test_a_table_that_was_tampered_with_is_loaded_again() -> None:
    there = replace(THERE, tables=(replace(TABLE, chains={"in": 1}),))
    (change,) = changes(WANTED, there, "n-1")
    assert (change.tool, change.what) == ("nft", "table inet t is other than wanted")


def test_routes_through_links_that_are_not_ours_are_left_alone() -> None:
    ours, foreign = Route("h", "10.9.0.0/24", "10.0.0.3", "tap1"), Route("h", "default", "192.0.2.1", "eth0")
    there = replace(THERE, routes=(ours, foreign))
    assert calls(changes(WANTED, there, "n-1")) == ["ip -n h route del 10.9.0.0/24 via 10.0.0.3 dev tap1"]


def test_a_router_tells_its_neighbours_of_a_new_address() -> None:
    wanted = Layout(links=(replace(INNER, owner="r-1", addresses=("172.24.4.5/32", "fd00::5/64")),))
    there = Layout(links=(replace(INNER, owner="r-1", addresses=()),))
    assert calls(changes(wanted, there, "r-1")) == [
        "ip -n d address add 172.24.4.5/32 dev ns-d",
        "ip -n d address add fd00::5/64 dev ns-d nodad",
        "ip netns exec d announce ns-d 172.24.4.5",
    ]


def dhcp(there: Daemon) -> list[str]:
    return calls(changes(WANTED, replace(THERE, daemons=(there,)), "n-1"))


def test_new_hosts_are_told_to_a_running_process() -> None:
    assert dhcp(replace(RUNNING, files={**FILES, "hosts": "old"})) == ["write /s/hosts", "kill -HUP 42"]


def test_another_configuration_starts_the_process_anew() -> None:
    assert dhcp(replace(RUNNING, files={**FILES, "dnsmasq.conf": "old"})) == [
        "kill -TERM 42",
        "write /s/dnsmasq.conf",
        "ip netns exec d dnsmasq --conf-file=/s/dnsmasq.conf",
    ]


def test_a_lease_that_is_no_longer_wanted_is_forgotten() -> None:
    assert dhcp(replace(RUNNING, leases=(("m", "a"), ("old", "a")))) == [
        "kill -TERM 42",
        "forget /s/leases old a",
        "ip netns exec d dnsmasq --conf-file=/s/dnsmasq.conf",
    ]


def test_a_process_of_an_earlier_namespace_is_replaced() -> None:
    assert dhcp(replace(RUNNING, namespace=""))[0] == "kill -TERM 42"


def test_nothing_is_left_of_what_is_gone() -> None:
    assert calls(changes(Layout(), THERE, "n-1")) == [
        "kill -TERM 42",
        "rm -r /s",
        "ip -n h link del br",
        "ip -n h link del tap1",
        "ip -n h link del tapd",
        "ip netns exec h nft -f - <<< 'delete table inet t\n'",
        "ip netns del d",
    ]
