"""What a rule asks, and how many ports NAT has to choose from: packets that fit, and packets that do not."""

from ipaddress import IPv4Address

import pytest

from app.dataplane.headers import L4, Icmp, Payload, Tcp, Udp
from app.dataplane.netfilter.context import Context
from app.dataplane.netfilter.parse import parse_rule, split_words
from app.dataplane.netfilter.words import join_words
from app.dataplane.netns import NetNs
from app.dataplane.packet import ip_packet
from tests.unit.dataplane.builders import add_host, add_lan, new_network
from tests.unit.dataplane.builders import ip_of as ip

SECOND_US = 1_000_000


def context(netns: NetNs, payload: L4, src: str = "10.0.0.1") -> Context:
    packet = ip_packet(IPv4Address(src), IPv4Address("10.0.0.2"), payload)
    return Context(netns, "FORWARD", packet, None, None)


def holds(rule: str, payload: L4, src: str = "10.0.0.1", netns: NetNs | None = None) -> bool:
    found = context(netns or new_network().add_namespace("node"), payload, src)
    return all(match.holds(found) for match in parse_rule(split_words(rule)).matches)


def tcp(flags: str, sport: int = 1000, dport: int = 80) -> Tcp:
    return Tcp(sport, dport, flags, 0, 0)


@pytest.mark.parametrize(("rule", "payload", "expected"), [
    ("-p tcp --syn", tcp("S"), True), ("-p tcp --syn", tcp("SA"), False), ("-p tcp ! --syn", tcp("A"), True),
    ("-p tcp --tcp-flags ALL NONE", tcp("A"), False), ("-p tcp --tcp-flags SYN,RST RST", tcp("RA"), True),
    ("-p tcp --tcp-flags SYN ACK", tcp("S"), False), ("-p tcp --dport http", tcp("S"), True),
    ("-p tcp ! --dport :79", tcp("S"), True), ("-p tcp ! --dport :80", tcp("S"), False),
    ("-p udp -m multiport ! --dports domain,ntp", Udp(1, 53, Payload(0)), False),
    ("-p icmp --icmp-type any", Icmp(8, 0), True), ("-p icmp ! --icmp-type any", Icmp(8, 0), False),
    ("-p icmp --icmp-type fragmentation-needed", Icmp(3, 4), True), ("-p icmp --icmp-type 3/1", Icmp(3, 4), False),
    ("-m iprange --src-range 10.0.0.0-10.0.0.9", tcp("S"), True), ("-m iprange ! --src-range 10.0.0.1", tcp("S"), False),
    ("-f", tcp("S"), False), ("! -f", tcp("S"), True), ("-i lo", tcp("S"), False),
])  # fmt: skip
def test_a_packet_fits_or_it_does_not(rule: str, payload: L4, expected: bool) -> None:
    assert holds(rule, payload) is expected


def test_recent_counts_how_often_an_address_was_seen_lately() -> None:
    netns = new_network().add_namespace("node")
    often = "-m recent --update --seconds 60 --hitcount 3 --name SSH"
    assert not holds(often, tcp("S"), netns=netns)
    for _ in range(3):
        assert holds("-m recent --set --name SSH", tcp("S"), netns=netns)
    assert holds(often, tcp("S"), netns=netns)
    assert not holds(often, tcp("S"), "10.0.0.9", netns)
    netns.clock.now_us += 61 * SECOND_US
    assert not holds(often, tcp("S"), netns=netns)
    assert holds("-m recent --rcheck --name SSH --mask 255.255.255.255", tcp("S"), netns=netns)
    assert holds("-m recent --remove --name SSH", tcp("S"), netns=netns)
    assert holds("-m recent ! --rcheck --name SSH", tcp("S"), netns=netns)


@pytest.mark.parametrize("words", [["a b", 'q"q', "back\\slash", "", "it's", "plain"], ["\t", "\\", '"']])
def test_words_are_cut_as_they_were_joined(words: list[str]) -> None:
    assert split_words(join_words(words)) == words


def test_a_quote_ends_its_word() -> None:
    assert split_words('a"b c"d "e"') == ["ab c", "d", "e"]


def natted(rule: str, port: int) -> set[tuple[int, int]]:
    """Return the ports (source, destination) with which datagrams to `port` come to the server."""
    from app.dataplane.headers import IPv4
    from app.dataplane.udp import send_datagram
    from app.dataplane.walk import walk

    network = new_network()
    lan = add_lan(network)
    client, _ = add_host(network, lan, "n1", "10.0.0.11/24"), add_host(network, lan, "n2", "10.0.0.12/24")
    client.netfilter.restore(f"*nat\n{rule}\nCOMMIT\n")
    for sport in (1000, 1001):
        local, remote = (IPv4Address("10.0.0.11"), sport), (IPv4Address("10.0.0.12"), port)
        send_datagram(client, local, remote, Payload(1), "request")
    came = [
        h.packet for h in walk(network) if h.netns == "n2" and h.kind == "receive" and isinstance(h.packet.net, IPv4)
    ]
    return {(p.sport, p.dport) for p in (ip(packet).payload for packet in came) if isinstance(p, Udp)}


def test_of_several_ports_dnat_keeps_the_packets_own_or_takes_the_first() -> None:
    rule = "-A OUTPUT -p udp -j DNAT --to-destination 10.0.0.12:80-90"
    assert {dport for _, dport in natted(rule, 85)} == {85}
    assert {dport for _, dport in natted(rule, 53)} == {80}
    assert {dport for _, dport in natted("-A OUTPUT -p udp -j DNAT --to-destination :99", 53)} == {99}


def test_of_several_ports_snat_keeps_the_packets_own_or_draws_one() -> None:
    kept = natted("-A POSTROUTING -p udp -j MASQUERADE --to-ports 1000-1001", 53)
    assert {sport for sport, _ in kept} == {1000, 1001}
    drawn = natted("-A POSTROUTING -p udp -j SNAT --to-source 10.0.0.11:5000-5009", 53)
    assert len(drawn) == 2
    assert all(5000 <= sport <= 5009 for sport, _ in drawn)
