"""What came in pieces leaves in the same pieces, as ip_do_fragment() and br_netfilter do it; and who cuts at all."""

from ipaddress import IPv4Address, IPv4Network

import pytest

from app.dataplane.devices.bridge import Bridge
from app.dataplane.fib import Route
from app.dataplane.headers import Icmp, Payload
from app.dataplane.hop import Hop
from app.dataplane.ip import send_local
from app.dataplane.netns import NetNs
from app.dataplane.network import Network
from app.dataplane.packet import Packet, ip_packet
from app.dataplane.sockets import Listener
from app.dataplane.udp import send_datagram
from app.dataplane.walk import walk
from tests.unit.dataplane.builders import add_bridge, add_host, add_lan, add_pod, ip_of, kinds, new_network, ping

TRACKED = "*filter\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n"
OneNode = tuple[Network, NetNs, Bridge, NetNs, NetNs]


@pytest.fixture
def one_node() -> OneNode:
    """Two Pods on a bridge whose frames pass iptables, and a host on the node's wire."""
    network = new_network()
    lan = add_lan(network)
    node = add_host(network, lan, "node", "10.0.0.2/24", forwards=True)
    host = add_host(network, lan, "host", "10.0.0.3/24")
    host.fib.add(Route(IPv4Network("10.2.1.0/24"), "eth0", via=IPv4Address("10.0.0.2")))
    node.sysctls["net.bridge.bridge-nf-call-iptables"] = "1"
    node.netfilter.restore(TRACKED)
    bridge = add_bridge(node, "cni0", "10.2.1.1/24")
    a, b = (add_pod(network, node, bridge, f"p{n}", f"10.2.1.{n}/24") for n in (2, 3))
    return network, node, bridge, a, b


def lengths(hops: list[Hop], interface: str) -> list[int]:
    """Return the IP lengths of the requests that left by an interface."""
    sent = [h for h in hops if h.kind == "transmit" and h.packet.leg == "request"]
    return [ip_of(h.packet).length for h in sent if f"{h.netns}:{h.interface}" == interface]


def test_a_router_that_tracks_sends_the_pieces_on_as_they_came(one_node: OneNode) -> None:
    network, _, _, a, _ = one_node
    # The node's card has 1500, the Pod 1450: what is whole again would be cut elsewhere.
    _, hops = ping(network, a, "10.0.0.3", size=2000)
    assert lengths(hops, "p2:eth0") == lengths(hops, "node:eth0") == [1444, 604]


def test_pieces_that_are_too_long_for_the_way_out_are_cut_anew(one_node: OneNode) -> None:
    network, _, bridge, a, b = one_node
    ping(network, a, "10.2.1.3")
    b.interfaces["eth0"].mtu = 1000
    bridge.ports[1].set_mtu(1000)
    _, hops = ping(network, a, "10.2.1.3", size=2000)
    # br_nf_ip_fragment() refuses what came in longer pieces than the bridge takes.
    assert lengths(hops, "node:veth-p3") == []
    assert ("bridge-drop", "node:cni0") in kinds(hops, "request")


def test_bridged_pieces_that_netfilter_joined_are_cut_again(one_node: OneNode) -> None:
    network, node, _, a, _ = one_node
    answers, hops = ping(network, a, "10.2.1.3", size=3000)
    assert len(answers.replies) == 1
    assert lengths(hops, "p2:eth0") == lengths(hops, "node:veth-p3") == [1444, 1444, 180]
    assert [h.netns for h in hops if h.kind == "reassemble" and h.packet.leg == "request"] == ["node", "p3"]
    node.sysctls["net.bridge.bridge-nf-call-iptables"] = "0"
    _, hops = ping(network, a, "10.2.1.3", size=3000)
    assert [h.netns for h in hops if h.kind == "reassemble" and h.packet.leg == "request"] == ["p3"]


@pytest.mark.parametrize(("df", "passes"), [(False, [996, 452]), (True, [])])
def test_a_bridged_packet_too_long_for_its_port_is_cut_if_it_may_be(
    one_node: OneNode, df: bool, passes: list[int]
) -> None:
    network, _, bridge, a, _ = one_node
    ping(network, a, "10.2.1.3")
    bridge.ports[1].set_mtu(1000)
    network.start_record()
    ip = ip_packet(IPv4Address("10.2.1.2"), IPv4Address("10.2.1.3"), Icmp(8, 0, 7, 1, Payload(1400)), df=df, ident=1)
    send_local(a, Packet(network.next_number(), "request", 1, None, ip))
    assert lengths(list(walk(network)), "node:veth-p3") == passes


def test_a_datagram_that_its_sender_has_to_cut_has_no_df(one_node: OneNode) -> None:
    network, _, _, a, b = one_node
    b.sockets.listen(Listener("udp", 53, "server"))
    local, remote = (IPv4Address("10.2.1.2"), 40000), (IPv4Address("10.2.1.3"), 53)
    for size, df, count in ((100, True, 1), (2000, False, 2)):
        network.start_record()
        assert send_datagram(a, local, remote, Payload(size), "request") == ""
        hops = list(walk(network))
        sent = [ip_of(h.packet) for h in hops if h.kind == "transmit" and h.packet.leg == "request" and h.netns == "p2"]
        assert [ip.df for ip in sent] == [df] * count
        assert [h.kind for h in hops if h.kind == "accept"] == ["accept"]
