"""A bridge learns, forwards, floods, hands up and refuses, as net/bridge does."""

from ipaddress import IPv4Address

import pytest

from app.dataplane.devices.bridge import Bridge
from app.dataplane.fdb import FdbEntry
from app.dataplane.neigh import Neighbour
from app.dataplane.netns import NetNs
from app.dataplane.network import Network
from tests.unit.dataplane.builders import add_bridge, add_pod, ip_of, kinds, new_network, ping

OneNode = tuple[Network, NetNs, Bridge, NetNs, NetNs, NetNs]


@pytest.fixture
def one_node() -> OneNode:
    network = new_network()
    node = network.add_namespace("node")
    bridge = add_bridge(node, "cni0", "10.2.1.1/24")
    pods = [add_pod(network, node, bridge, f"p{n}", f"10.2.1.{n}/24") for n in (2, 3, 4)]
    return network, node, bridge, pods[0], pods[1], pods[2]


def test_first_ping_asks_by_arp_and_goes_port_to_port(one_node: OneNode) -> None:
    network, _, _, a, _, _ = one_node
    answers, hops = ping(network, a, "10.2.1.3")
    assert [ip_of(p).ttl for p in answers.replies] == [64]
    assert kinds(hops, "request") == [
        ("route", "p2:eth0"),
        ("transmit", "p2:eth0"),
        ("receive", "node:veth-p2"),
        ("bridge-forward", "node:cni0"),
        ("transmit", "node:veth-p3"),
        ("receive", "p3:eth0"),
        ("route", "p3:eth0"),
        ("deliver", "p3:eth0"),
    ]


def test_second_ping_needs_no_arp(one_node: OneNode) -> None:
    network, _, _, a, _, _ = one_node
    ping(network, a, "10.2.1.3")
    _, hops = ping(network, a, "10.2.1.3")
    assert kinds(hops, "arp") == []


def test_learned_entry_ages_out_and_the_next_frame_is_flooded(one_node: OneNode) -> None:
    network, node, bridge, a, _, _ = one_node
    ping(network, a, "10.2.1.3")
    network.clock.now_us += 301_000_000
    assert bridge.fdb.lookup("0a:58:0a:02:01:03", network.clock.now_us) is None
    _, hops = ping(network, a, "10.2.1.3")
    flooded = [h for h in hops if h.kind == "bridge-flood" and h.packet.leg == "request"]
    assert [h.code for h in flooded] == ["bridge-flood-unknown"]
    assert flooded[0].params["count"] == 2
    others = [h for h in hops if h.code == "drop-other-host"]
    assert [h.netns for h in others] == ["p4"], "the third pod throws its copy away"


def test_permanent_and_static_entries_neither_age_nor_move(one_node: OneNode) -> None:
    network, node, bridge, a, _, _ = one_node
    bridge.fdb.put(FdbEntry("0a:58:0a:02:01:03", "veth-p4", "cni0", is_static=True))
    network.clock.now_us += 400_000_000
    answers, hops = ping(network, a, "10.2.1.3")
    assert answers.replies == []
    assert any(h.code == "drop-other-host" and h.netns == "p4" for h in hops)
    entry = bridge.fdb.lookup("0a:58:0a:02:01:03", network.clock.now_us)
    assert entry is not None
    assert entry.port == "veth-p4"


def test_frame_to_the_bridges_own_mac_is_handed_up(one_node: OneNode) -> None:
    network, _, _, a, _, _ = one_node
    answers, hops = ping(network, a, "10.2.1.1")
    assert len(answers.replies) == 1
    assert ("receive", "node:cni0") in kinds(hops, "request")
    assert [h.code for h in hops if h.kind == "receive" and h.interface == "cni0" and h.packet.leg == "request"] == [
        "receive-up"
    ]


def test_promiscuous_bridge_sees_a_copy_after_forwarding(one_node: OneNode) -> None:
    network, node, bridge, a, _, _ = one_node
    bridge.promisc = True
    answers, hops = ping(network, a, "10.2.1.3")
    request = kinds(hops, "request")
    assert len(answers.replies) == 1
    assert request.index(("transmit", "node:veth-p3")) < request.index(("receive", "node:cni0"))
    assert ("drop", "node:cni0") in request


def test_port_down_loses_the_frame_and_says_so(one_node: OneNode) -> None:
    network, node, _, a, _, _ = one_node
    ping(network, a, "10.2.1.3")
    node.set_down("veth-p3")
    answers, hops = ping(network, a, "10.2.1.3")
    assert answers.replies == []
    assert answers.errors == []
    assert "bridge-flood" in {h.kind for h in hops}, "the port's entries went with it"


def test_bridge_down_drops_at_the_port(one_node: OneNode) -> None:
    network, node, _, a, _, _ = one_node
    node.set_down("cni0")
    answers, hops = ping(network, a, "10.2.1.3")
    assert answers.errors == [(3, 1)]
    assert [h.code for h in hops if h.kind == "bridge-drop"] == ["bridge-drop-down"] * 3, "three ARP tries"


def test_frame_never_leaves_by_the_port_it_came_from_unless_hairpin() -> None:
    network = new_network()
    node = network.add_namespace("node")
    bridge = add_bridge(node, "cni0", "10.2.1.1/24")
    a = add_pod(network, node, bridge, "p2", "10.2.1.2/24")
    b_mac = "0a:58:0a:02:01:09"
    bridge.fdb.put(FdbEntry(b_mac, "veth-p2", "cni0", is_static=True))
    a.neigh.put(Neighbour(IPv4Address("10.2.1.9"), "eth0", b_mac, "PERMANENT"))
    _, hops = ping(network, a, "10.2.1.9")
    assert [h.code for h in hops if h.kind == "bridge-drop"] == ["bridge-drop-hairpin"]
    port = bridge.ports[0].port
    assert port is not None
    port.hairpin = True
    _, hops = ping(network, a, "10.2.1.9")
    assert [h.code for h in hops if h.packet.leg == "request"][-1] == "drop-other-host"


def test_hairpin_port_gets_its_own_broadcast_back() -> None:
    network = new_network()
    node = network.add_namespace("node")
    bridge = add_bridge(node, "cni0", "10.2.1.1/24")
    a = add_pod(network, node, bridge, "p2", "10.2.1.2/24", hairpin=True)
    _, hops = ping(network, a, "10.2.1.1")
    assert ("transmit", "node:veth-p2") in kinds(hops, "arp")


def test_frame_too_long_for_a_port_is_lost_in_silence(one_node: OneNode) -> None:
    network, node, _, a, _, _ = one_node
    ping(network, a, "10.2.1.3")
    node.interfaces["veth-p3"].mtu = 1000
    answers, hops = ping(network, a, "10.2.1.3", size=1200)
    assert answers.replies == []
    assert answers.errors == []
    assert [h.code for h in hops if h.kind == "bridge-drop"] == ["drop-too-long"]


def test_the_newest_port_gets_its_copy_first(one_node: OneNode) -> None:
    network, _, _, a, _, _ = one_node
    _, hops = ping(network, a, "10.2.1.9")
    copies = [h.interface for h in hops if h.kind == "transmit" and h.netns == "node"]
    assert copies[:2] == ["veth-p4", "veth-p3"]
