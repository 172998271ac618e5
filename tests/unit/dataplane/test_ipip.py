"""A tunnel of IP in IP: wraps for the next hop, inherits TTL and DF, unwraps, and says what it cannot send."""

from ipaddress import IPv4Address, IPv4Interface, IPv4Network

import pytest

from app.dataplane.devices.ipip import IpipDevice
from app.dataplane.devices.veth import Veth, connect
from app.dataplane.fib import Route
from app.dataplane.headers import NO_LINK, Ipip, IPv4, Payload, Udp
from app.dataplane.hop import Hop
from app.dataplane.ip import send_local
from app.dataplane.netns import NetNs
from app.dataplane.network import Network
from app.dataplane.packet import Packet, innermost, ip_packet
from app.dataplane.walk import walk
from app.sim.layers import eth_layers, net_layers, seen_net, shown_eth
from tests.unit.dataplane.builders import add_host, add_lan, kinds, new_network, ping

Overlay = tuple[Network, NetNs, NetNs]


def add_tunnel(node: NetNs, number: int, peer: int) -> IpipDevice:
    """Add tunl0 of node `number`, and the route to the block of node `peer`, as calico has them."""
    device = IpipDevice("tunl0", 1480)
    node.add(device)
    node.set_up("tunl0")
    node.add_address("tunl0", IPv4Interface(f"10.2.{number}.0/32"))
    via = IPv4Address(f"10.0.0.1{peer}")
    node.fib.add(Route(IPv4Network(f"10.2.{peer}.0/26"), "tunl0", via=via, proto="bird", onlink=True))
    return device


def add_routed_pod(network: Network, node: NetNs, name: str, address: str) -> NetNs:
    """Hang a pod on a cable of its own; both ends know each other's MAC by ARP."""
    pod = network.add_namespace(name, host=node.name)
    eth0, end = (
        Veth("eth0", f"0a:58:00:00:00:{node.name[-1]}1", 1480),
        Veth(f"v-{name}", f"06:00:00:00:00:{node.name[-1]}1", 1480),
    )
    pod.add(eth0)
    node.add(end)
    connect(eth0, end)
    node.set_up(end.name)
    pod.set_up("eth0")
    pod.add_address("eth0", IPv4Interface(f"{address}/32"))
    gateway = node.interfaces["eth0"].addresses[0].interface.ip
    pod.fib.add(Route(IPv4Network(gateway), "eth0", scope="link"))
    pod.fib.add(Route(IPv4Network("0.0.0.0/0"), "eth0", via=gateway))
    node.fib.add(Route(IPv4Network(f"{address}/32"), end.name, scope="link"))
    return pod


@pytest.fixture
def overlay() -> Overlay:
    network = new_network()
    lan = add_lan(network)
    one, two = (add_host(network, lan, f"node{n}", f"10.0.0.1{n}/24", forwards=True) for n in (1, 2))
    add_tunnel(one, 1, 2)
    add_tunnel(two, 2, 1)
    return network, add_routed_pod(network, one, "a", "10.2.1.1"), add_routed_pod(network, two, "b", "10.2.2.1")


def hop_of(hops: list[Hop], kind: str, code: str = "") -> Hop:
    return next(h for h in hops if h.kind == kind and code in ("", h.code) and h.packet.leg == "request")


def test_a_packet_goes_through_the_tunnel_and_its_answer_comes_back(overlay: Overlay) -> None:
    network, a, _ = overlay
    answers, hops = ping(network, a, "10.2.2.1", df=True)
    assert len(answers.replies) == 1
    way = [row for row in kinds(hops, "request") if row[0] in ("transmit", "receive", "encapsulate", "decapsulate")]
    assert way == [
        ("transmit", "a:eth0"), ("receive", "node1:v-a"), ("transmit", "node1:tunl0"), ("encapsulate", "node1:tunl0"),
        ("transmit", "node1:eth0"), ("receive", "node2:eth0"), ("decapsulate", "node2:tunl0"), ("receive", "node2:tunl0"),
        ("transmit", "node2:v-b"), ("receive", "b:eth0"),
    ]  # fmt: skip


def test_the_outer_header_has_the_nodes_addresses_and_the_inner_ttl_and_df(overlay: Overlay) -> None:
    network, a, _ = overlay
    for df in (False, True):
        _, hops = ping(network, a, "10.2.2.1", df=df)
        outer = hop_of(hops, "encapsulate").packet.net
        assert isinstance(outer, IPv4)
        assert (str(outer.src), str(outer.dst), outer.ttl, outer.df, outer.length, outer.proto) == (
            "10.0.0.11", "10.0.0.12", 63, df, 104, "ipencap",
        )  # fmt: skip


def test_what_is_on_tunl0_has_no_frame_and_each_change_is_told(overlay: Overlay) -> None:
    network, a, _ = overlay
    _, hops = ping(network, a, "10.2.2.1")
    bare = hop_of(hops, "transmit", "transmit-ipip")
    assert bare.packet.eth == NO_LINK
    assert [c.after for c in bare.changes] == [None, None]
    assert shown_eth(bare.packet.eth) is None
    assert eth_layers(bare.packet.eth) == []
    assert [type(layer).__name__ for layer in net_layers(bare.packet.net)][:2] == ["Ipv4Layer", "IcmpLayer"]
    on_wire = next(
        h
        for h in hops
        if h.kind == "transmit" and (h.netns, h.interface) == ("node1", "eth0") and h.packet.leg == "request"
    )
    assert [(c.field, c.before) for c in on_wire.changes] == [("eth.src", None), ("eth.dst", None)]
    outer = seen_net(on_wire.packet.net)[0]
    assert outer is not None
    assert (outer.kind, outer.src, outer.dst, outer.ttl, outer.vni, outer.udp) == (
        "ipip", "10.0.0.11", "10.0.0.12", 63, None, None,
    )  # fmt: skip
    gone = hop_of(hops, "decapsulate")
    assert [c.field for c in gone.changes] == ["outer", "eth.src", "eth.dst"]


def test_the_evidence_is_the_route_whose_next_hop_the_packet_was_sent_to(overlay: Overlay) -> None:
    network, a, _ = overlay
    _, hops = ping(network, a, "10.2.2.1")
    evidence = hop_of(hops, "encapsulate").evidence
    assert evidence is not None
    assert evidence.entry == "10.2.2.0/26 via 10.0.0.12 dev tunl0 proto bird onlink"


def test_a_packet_with_df_that_leaves_no_room_is_told_to_its_sender(overlay: Overlay) -> None:
    network, a, _ = overlay
    network.namespaces["node1"].interfaces["eth0"].mtu = 1400
    answers, hops = ping(network, a, "10.2.2.1", size=1372, df=True)
    assert answers.errors == [(3, 4)]
    error = next(h.packet.net for h in hops if h.kind == "icmp-error")
    assert isinstance(error, IPv4)
    assert getattr(error.payload, "mtu", None) == 1380


def test_without_df_the_outer_packet_is_cut_and_put_together_again(overlay: Overlay) -> None:
    network, a, _ = overlay
    network.namespaces["node1"].interfaces["eth0"].mtu = 1400
    answers, hops = ping(network, a, "10.2.2.1", size=1400)
    assert len(answers.replies) == 1
    assert {"fragment", "reassemble"} <= {h.kind for h in hops}


def test_a_next_hop_that_leads_into_the_tunnel_itself_is_no_way(overlay: Overlay) -> None:
    network, a, _ = overlay
    network.namespaces["node1"].fib.add(Route(IPv4Network("10.0.0.12/32"), "tunl0", scope="link"))
    _, hops = ping(network, a, "10.2.2.1")
    assert hop_of(hops, "drop").code == "drop-tunnel-loop"


def test_a_route_without_a_gateway_leads_to_the_packets_own_destination(overlay: Overlay) -> None:
    network, a, _ = overlay
    one = network.namespaces["node1"]
    one.fib.add(Route(IPv4Network("10.0.0.12/32"), "eth0", scope="link"))
    one.fib.add(Route(IPv4Network("10.0.0.12/32"), "tunl0", scope="link", metric=5))
    one.interfaces["tunl0"].transmit(
        Packet(
            1,
            "request",
            1,
            NO_LINK,
            ip_packet(IPv4Address("10.2.1.1"), IPv4Address("10.0.0.12"), Udp(1, 2, Payload(0))),
        )
    )
    outer = hop_of(network.hops, "encapsulate").packet.net
    assert isinstance(outer, IPv4)
    assert str(outer.dst) == "10.0.0.12"
    assert a.name == "a"


@pytest.mark.parametrize(("is_there", "error"), [(False, (3, 2)), (True, (3, 3))])
def test_nobodys_tunnel_packet_is_told_to_its_sender(overlay: Overlay, is_there: bool, error: tuple[int, int]) -> None:
    network, _, _ = overlay
    two = network.namespaces["node2"]
    if is_there:
        two.set_down("tunl0")
    else:
        del two.interfaces["tunl0"]
    inner = ip_packet(IPv4Address("10.2.1.1"), IPv4Address("10.2.2.1"), Udp(1, 2, Payload(0)))
    outer = ip_packet(IPv4Address("10.0.0.11"), IPv4Address("10.0.0.12"), Ipip(inner))
    network.start_record()
    send_local(network.namespaces["node1"], Packet(network.next_number(), "request", 1, None, outer))
    hops = list(walk(network))
    told = next(h.packet.net for h in hops if h.kind == "icmp-error")
    assert isinstance(told, IPv4)
    assert (getattr(told.payload, "type", 0), getattr(told.payload, "code", 0)) == error


def test_the_innermost_packet_is_found_inside_a_tunnel_in_a_tunnel() -> None:
    inner = ip_packet(IPv4Address("10.2.1.1"), IPv4Address("10.2.2.1"), Udp(1, 2, Payload(4)))
    one, two = IPv4Address("10.0.0.11"), IPv4Address("10.0.0.12")
    twice = ip_packet(one, two, Ipip(ip_packet(one, two, Ipip(inner))))
    assert innermost(twice) == inner
    assert twice.length == inner.length + 40


def test_each_node_tracks_the_outer_flow_without_ports(overlay: Overlay) -> None:
    """Source: nf_conntrack_proto_generic.c; libnetfilter_conntrack prints a protocol it has no name for as `unknown`."""
    network, a, _ = overlay
    for name in ("node1", "node2"):
        network.namespaces[name].netfilter.restore("*nat\n-A POSTROUTING -s 192.0.2.1 -j ACCEPT\nCOMMIT\n")
    _, hops = ping(network, a, "10.2.2.1")
    assert "conntrack-invalid" not in {h.kind for h in hops}
    now_us = network.clock.now_us
    for name in ("node1", "node2"):
        rows = [c.text(now_us) for c in network.namespaces[name].conntrack.connections(now_us)]
        row = next(row for row in rows if row.startswith("unknown  4 "))
        assert row.partition("src=")[2] == "10.0.0.11 dst=10.0.0.12 src=10.0.0.12 dst=10.0.0.11 mark=0 use=1"
