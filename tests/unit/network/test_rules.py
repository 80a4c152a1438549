"""Security group rules in nftables' words."""

import pytest

from cupola.network.host.plan.rules import rule_text
from cupola.network.model.wanted import RuleWanted

GROUP = "5b1f0000-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (RuleWanted("egress", "IPv4"), "meta nfproto ipv4 accept"),
        (RuleWanted("egress", "IPv6"), "meta nfproto ipv6 accept"),
        (RuleWanted("ingress", "IPv4", "tcp"), "meta nfproto ipv4 meta l4proto 6 accept"),
        (RuleWanted("ingress", "IPv4", "tcp", 22, 22), "meta nfproto ipv4 meta l4proto 6 th dport 22 accept"),
        (RuleWanted("ingress", "IPv4", "17", 1, 65535), "meta nfproto ipv4 meta l4proto 17 th dport 1-65535 accept"),
        (RuleWanted("ingress", "IPv4", "icmp", 8), "meta nfproto ipv4 meta l4proto 1 icmp type 8 accept"),
        (
            RuleWanted("ingress", "IPv4", "icmp", 3, 4),
            "meta nfproto ipv4 meta l4proto 1 icmp type 3 icmp code 4 accept",
        ),
        (RuleWanted("ingress", "IPv6", "icmp", 128), "meta nfproto ipv6 meta l4proto 58 icmpv6 type 128 accept"),
        (RuleWanted("ingress", "IPv6", "ipv6-icmp"), "meta nfproto ipv6 meta l4proto 58 accept"),
        (RuleWanted("ingress", "IPv4", "vrrp"), "meta nfproto ipv4 meta l4proto 112 accept"),
        (RuleWanted("ingress", "IPv4", "any"), "meta nfproto ipv4 accept"),
        (RuleWanted("ingress", "IPv4", remote_cidr="10.0.0.0/8"), "meta nfproto ipv4 ip saddr 10.0.0.0/8 accept"),
        (RuleWanted("egress", "IPv4", remote_cidr="10.0.0.0/8"), "meta nfproto ipv4 ip daddr 10.0.0.0/8 accept"),
        (RuleWanted("ingress", "IPv4", remote_cidr="0.0.0.0/0"), "meta nfproto ipv4 accept"),
        (RuleWanted("ingress", "IPv6", remote_cidr="::/0"), "meta nfproto ipv6 accept"),
        (RuleWanted("ingress", "IPv4", remote_group_id=GROUP), f"meta nfproto ipv4 ip saddr @sg4-{GROUP} accept"),
        (RuleWanted("egress", "IPv6", remote_group_id=GROUP), f"meta nfproto ipv6 ip6 daddr @sg6-{GROUP} accept"),
    ],
)
def test_rule(rule: RuleWanted, text: str) -> None:
    assert rule_text(rule) == text


@pytest.mark.parametrize("protocol", ["tpc", "256", "6; accept"])
def test_an_unknown_protocol_is_refused(protocol: str) -> None:
    with pytest.raises(ValueError, match="is not known"):
        rule_text(RuleWanted("ingress", "IPv4", protocol))
