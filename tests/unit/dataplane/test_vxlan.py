"""A VXLAN device wraps, names the VTEP that decided, and unwraps; without an entry it drops in silence."""

from ipaddress import IPv4Address, IPv4Interface, IPv4Network

import pytest

from app.dataplane.devices.vxlan import VxlanDevice, flow_port
from app.dataplane.fdb import VtepEntry
from app.dataplane.fib import Route
from app.dataplane.headers import L4, Icmp, IPv4, Payload, Tcp
from app.dataplane.neigh import Neighbour
from app.dataplane.netns import NetNs
from app.dataplane.network import Network
from app.dataplane.packet import innermost, ip_packet
from tests.unit.dataplane.builders import (
    add_bridge,
    add_host,
    add_lan,
    add_pod,
    ip_of,
    kinds,
    new_network,
    ping,
    udp_of,
)

Overlay = tuple[Network, NetNs, NetNs]


def add_vtep(node: NetNs, number: int, peers: list[int]) -> VxlanDevice:
    """Add flannel.1 of node `number` and its entries for `peers`, in flannel's order: neighbour, FDB, route."""
    device = VxlanDevice(
        "flannel.1", f"0e:f1:0a:02:{number:02x}:00", 1450,
        vni=1, local=IPv4Address(f"10.0.0.1{number}"), lower="eth0", port=8472,
    )  # fmt: skip
    node.add(device)
    node.set_up("flannel.1")
    node.add_address("flannel.1", IPv4Interface(f"10.2.{number}.0/32"))
    for peer in peers:
        via, mac = IPv4Address(f"10.2.{peer}.0"), f"0e:f1:0a:02:{peer:02x}:00"
        node.neigh.put(Neighbour(via, "flannel.1", mac, "PERMANENT"))
        device.fdb.put(VtepEntry(mac, "flannel.1", IPv4Address(f"10.0.0.1{peer}")))
        node.fib.add(Route(IPv4Network(f"10.2.{peer}.0/24"), "flannel.1", via=via, onlink=True))
    return device


@pytest.fixture
def overlay() -> Overlay:
    network = new_network()
    lan = add_lan(network)
    pods = []
    for n, peer in ((1, 2), (2, 1)):
        node = add_host(network, lan, f"n{n}", f"10.0.0.1{n}/24", forwards=True)
        bridge = add_bridge(node, "cni0", f"10.2.{n}.1/24")
        add_vtep(node, n, [peer])
        pods.append(add_pod(network, node, bridge, f"p{n}", f"10.2.{n}.5/24"))
    return network, pods[0], pods[1]


def test_ping_through_the_tunnel(overlay: Overlay) -> None:
    network, a, _ = overlay
    answers, hops = ping(network, a, "10.2.2.5")
    assert [ip_of(p).ttl for p in answers.replies] == [62]
    path = [where for kind, where in kinds(hops, "request") if kind in ("transmit", "receive")]
    assert path == [
        "p1:eth0", "n1:veth-p1", "n1:cni0", "n1:flannel.1", "n1:eth0",
        "n2:eth0", "n2:flannel.1", "n2:cni0", "n2:veth-p2", "p2:eth0",
    ]  # fmt: skip


def test_outer_ttl_is_the_hosts_default(overlay: Overlay) -> None:
    """Flannel creates the device with `ttl auto`: vxlan_xmit_one() takes ip4_dst_hoplimit()."""
    network, a, _ = overlay
    network.namespaces["n1"].sysctls["net.ipv4.ip_default_ttl"] = "7"
    _, hops = ping(network, a, "10.2.2.5")
    wrapped = [ip_of(h.packet) for h in hops if h.kind == "encapsulate"]
    assert [ip.ttl for ip in wrapped] == [7, 64]


def test_outer_header_is_50_bytes_with_ttl_64_and_no_df(overlay: Overlay) -> None:
    network, a, _ = overlay
    _, hops = ping(network, a, "10.2.2.5", ttl=9)
    packet = next(h.packet for h in hops if h.kind == "encapsulate")
    wrapped, tunnel = ip_of(packet), udp_of(packet)
    inner = innermost(wrapped)
    assert isinstance(inner, IPv4)
    assert (wrapped.length - inner.length, wrapped.ttl, wrapped.df, inner.ttl) == (50, 64, False, 8)
    assert (str(wrapped.src), str(wrapped.dst), tunnel.dport) == ("10.0.0.11", "10.0.0.12", 8472)


def test_each_entry_of_the_three_is_needed(overlay: Overlay) -> None:
    network, a, _ = overlay
    node = network.namespaces["n1"]
    device = node.interfaces["flannel.1"]
    assert isinstance(device, VxlanDevice)
    device.fdb.remove("0e:f1:0a:02:02:00")
    answers, hops = ping(network, a, "10.2.2.5")
    assert (answers.replies, answers.errors) == ([], [])
    assert [h.code for h in hops if h.kind == "drop"] == ["drop-no-vtep"]
    node.neigh.remove(IPv4Address("10.2.2.0"), "flannel.1")
    answers, hops = ping(network, a, "10.2.2.5")
    assert answers.errors == [(3, 1)], "three ARP requests that the tunnel cannot carry"
    assert [h.code for h in hops if h.kind == "drop"] == ["drop-no-vtep-broadcast"] * 3


def test_device_down_closes_the_port_and_the_other_node_is_told(overlay: Overlay) -> None:
    network, a, _ = overlay
    network.namespaces["n2"].set_down("flannel.1")
    answers, hops = ping(network, a, "10.2.2.5")
    assert answers.replies == []
    assert [h.netns for h in hops if h.kind == "refuse"] == ["n2"]


def test_other_vni_is_not_ours(overlay: Overlay) -> None:
    network, a, _ = overlay
    device = network.namespaces["n2"].interfaces["flannel.1"]
    assert isinstance(device, VxlanDevice)
    device.vni = 7
    answers, _ = ping(network, a, "10.2.2.5")
    assert answers.replies == []


def test_outer_source_port_depends_on_the_flow_alone() -> None:
    def flow(payload: L4) -> IPv4:
        return ip_packet(IPv4Address("10.2.1.5"), IPv4Address("10.2.2.5"), payload)

    first, again = (flow_port(flow(Tcp(40000, 80, "S", 0, 0))) for _ in range(2))
    assert first == again
    assert 32768 <= first <= 60999
    assert flow_port(flow(Tcp(40001, 80, "S", 0, 0))) != first
    assert flow_port(flow(Icmp(8, 0, 1, 1, Payload(56)))) == flow_port(flow(Icmp(0, 0, 2, 1, Payload(9))))
