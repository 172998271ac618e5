"""A reset that a rule sends: to a router's client by the way back, to a bridge's station by its port; and what else a rule sees."""

from ipaddress import IPv4Address

import pytest

from app.dataplane.devices.bridge import Bridge
from app.dataplane.hop import Hop
from app.dataplane.netns import NetNs
from app.dataplane.network import Network
from app.dataplane.sockets import Listener
from app.dataplane.tcp import TcpConnection
from app.dataplane.walk import walk
from tests.unit.dataplane.builders import add_bridge, add_host, add_lan, add_pod, ip_of, new_network, ping, tcp_of

OneNode = tuple[Network, NetNs, Bridge, NetNs, NetNs]
SERVICE = "*nat\n-A PREROUTING -d 10.1.0.9/32 -p tcp -j DNAT --to-destination 10.2.1.3:80\nCOMMIT\n"
RESET = "*filter\n-A FORWARD -p tcp {} -j REJECT --reject-with tcp-reset\nCOMMIT\n"


@pytest.fixture
def one_node() -> OneNode:
    network = new_network()
    node = network.add_namespace("node")
    node.sysctls |= {"net.ipv4.ip_forward": "1", "net.bridge.bridge-nf-call-iptables": "1"}
    bridge = add_bridge(node, "cni0", "10.2.1.1/24")
    a, b = (add_pod(network, node, bridge, f"p{n}", f"10.2.1.{n}/24") for n in (2, 3))
    b.sockets.listen(Listener("tcp", 80, "nginx"))
    return network, node, bridge, a, b


def connect(network: Network, client: NetNs, source: str, to: str, port: int = 80) -> tuple[list[str], list[Hop]]:
    """Connect; return what the program is told, and the hops of the first second."""
    told: list[str] = []
    network.start_record()
    connection = TcpConnection(
        client, (IPv4Address(source), 40000), (IPv4Address(to), port), lambda event, _: told.append(event)
    )
    connection.connect()
    for _ in walk(network):
        if network.clock.now_us > 500_000:
            break
    connection.abandon()
    return told, network.hops


def test_a_bridged_segment_is_answered_by_its_port_in_the_other_stations_name(one_node: OneNode) -> None:
    network, node, _, a, _ = one_node
    node.netfilter.restore(RESET.format("--dport 80"))
    told, hops = connect(network, a, "10.2.1.2", "10.2.1.3")
    assert told == ["ECONNREFUSED"]
    resets = [h for h in hops if h.kind == "transmit" and h.packet.leg == "reply"]
    assert [(h.netns, h.interface) for h in resets] == [("node", "veth-p2")], "no cni0, no OUTPUT"
    eth = resets[0].packet.eth
    assert eth is not None
    assert (eth.src, eth.dst) == ("0a:58:0a:02:01:03", "0a:58:0a:02:01:02")
    assert [h for h in hops if h.kind == "arp-request" and h.netns == "node"] == []


def test_a_reset_by_a_port_passes_no_nat_and_misses_its_client(one_node: OneNode) -> None:
    network, node, _, a, _ = one_node
    node.netfilter.restore(SERVICE + RESET.format("--dport 80"))
    told, hops = connect(network, a, "10.2.1.2", "10.1.0.9")
    reset = next(h for h in hops if h.kind == "receive" and h.netns == "p2" and h.packet.leg == "reply")
    assert (told, str(ip_of(reset.packet).src)) == ([], "10.2.1.3")


def test_a_reset_to_a_client_beyond_the_card_is_translated_back(one_node: OneNode) -> None:
    network = new_network()
    lan = add_lan(network)
    client, router = (
        add_host(network, lan, name, f"10.0.0.{n}/24", forwards=n == 2) for n, name in ((3, "c"), (2, "r"))
    )
    add_host(network, lan, "s", "10.0.0.4/24")
    nat = "*nat\n-A PREROUTING -d 10.0.0.2/32 -p tcp -j DNAT --to-destination 10.0.0.4:80\nCOMMIT\n"
    router.netfilter.restore(nat + RESET.format("--dport 80"))
    told, hops = connect(network, client, "10.0.0.3", "10.0.0.2", 5000)
    assert told == ["ECONNREFUSED"]
    reset = next(h for h in hops if h.kind == "transmit" and h.packet.leg == "reply")
    assert (str(ip_of(reset.packet).src), tcp_of(reset.packet).sport) == ("10.0.0.2", 5000)


def test_a_connection_that_a_rule_resets_is_closed_for_conntrack(one_node: OneNode) -> None:
    network, node, _, a, _ = one_node
    node.netfilter.restore(RESET.format("--sport 80"))
    connect(network, a, "10.2.1.2", "10.2.1.3")
    (connection,) = node.conntrack.connections(network.clock.now_us)
    assert (connection.state, connection.expires_us <= network.clock.now_us + 10_000_000) == ("CLOSE", True)


@pytest.mark.parametrize(
    ("match", "to", "arrives"),
    [
        ("--physdev-in veth-p2", "10.0.0.3", False),
        ("--physdev-in veth-p3", "10.0.0.3", True),
        ("--physdev-is-in", "10.0.0.3", False),
        ("--physdev-is-bridged", "10.0.0.3", True),
        ("--physdev-is-bridged", "10.2.1.3", False),
    ],
)
def test_physdev_knows_the_port_of_a_packet_that_is_routed_on(
    one_node: OneNode, match: str, to: str, arrives: bool
) -> None:
    network, node, _, a, _ = one_node
    outside = add_bridge(node, "br1", "10.0.0.1/24")
    add_pod(network, node, outside, "host", "10.0.0.3/24")
    node.netfilter.restore(f"*filter\n-A FORWARD -p icmp -m physdev {match} -j DROP\nCOMMIT\n")
    answers, _ = ping(network, a, to)
    assert (len(answers.replies) == 1) == arrives


def test_a_goto_is_printed_as_one() -> None:
    netns = new_network().add_namespace("node")
    text = "-A FORWARD -i cni0 -g USER"
    netns.netfilter.restore(f"*filter\n:USER - [0:0]\n{text}\n-A FORWARD -j USER\nCOMMIT\n")
    assert [line for line in netns.netfilter.save().splitlines() if line.startswith("-A")] == [
        text, "-A FORWARD -j USER",
    ]  # fmt: skip
