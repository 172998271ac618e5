"""TCP and UDP: who takes a packet, who refuses it, and what is sent again."""

from ipaddress import IPv4Address, IPv4Network

import pytest

from app.dataplane.fib import Route
from app.dataplane.headers import Payload
from app.dataplane.hop import Hop
from app.dataplane.ipset import IpSet
from app.dataplane.neigh import Neighbour
from app.dataplane.netns import NetNs
from app.dataplane.network import Network
from app.dataplane.packet import Packet
from app.dataplane.sockets import Listener, UdpSocket
from app.dataplane.tcp import TcpConnection
from app.dataplane.udp import send_datagram
from app.dataplane.walk import walk
from tests.unit.dataplane.builders import add_host, add_lan, ip_of, new_network, tcp_of

Pair = tuple[Network, NetNs, NetNs]
A, B = IPv4Address("10.0.0.2"), IPv4Address("10.0.0.3")


@pytest.fixture
def pair() -> Pair:
    network = new_network()
    lan = add_lan(network)
    return network, add_host(network, lan, "a", f"{A}/24"), add_host(network, lan, "b", f"{B}/24")


def connect(network: Network, a: NetNs, port: int = 80) -> tuple[list[tuple[str, bytes]], list[Hop], TcpConnection]:
    """Connect, send one line, close; return (events, hops)."""
    events: list[tuple[str, bytes]] = []

    def on_event(event: str, detail: bytes) -> None:
        events.append((event, detail))
        if event == "connected":
            connection.write(b"hi\n")
        elif event == "data":
            connection.close()

    network.start_record()
    connection = TcpConnection(a, (A, 40000), (B, port), on_event)
    connection.connect()
    return events, list(walk(network)), connection


def sent(hops: list[Hop], netns: str) -> list[tuple[str, int, int, str, int]]:
    """Return (flags, seq, ack, leg, attempt) of what `netns` sent."""
    return [
        (tcp_of(h.packet).flags, tcp_of(h.packet).seq, tcp_of(h.packet).ack, h.packet.leg, h.packet.attempt)
        for h in hops
        if h.kind == "transmit" and h.netns == netns and h.packet.leg != "arp"
    ]


def test_open_one_line_each_way_and_close(pair: Pair) -> None:
    network, a, b = pair
    b.sockets.listen(Listener("tcp", 80, "nginx"))
    events, hops, connection = connect(network, a)
    assert events == [("connected", b""), ("data", b"hi\n"), ("closed", b"")]
    assert sent(hops, "a") == [
        ("S", 0, 0, "request", 1),
        ("A", 1, 1, "data", 1),
        ("PA", 1, 1, "data", 1),
        ("A", 4, 4, "data", 1),
        ("FA", 4, 4, "data", 1),
        ("A", 5, 5, "data", 1),
    ]
    assert sent(hops, "b") == [
        ("SA", 0, 1, "reply", 1),
        ("A", 1, 4, "data", 1),
        ("PA", 1, 4, "data", 1),
        ("FA", 4, 5, "data", 1),
    ]
    assert connection.state == "TIME-WAIT"


def test_lengths_and_mss_are_linuxs(pair: Pair) -> None:
    network, a, b = pair
    b.sockets.listen(Listener("tcp", 80, "nginx"))
    _, hops, _ = connect(network, a)
    syn = next(h.packet for h in hops if h.packet.leg == "request")
    assert (ip_of(syn).length, ip_of(syn).df, tcp_of(syn).mss) == (60, True, 1460)
    ack = next(h.packet for h in hops if h.packet.leg == "data")
    assert ip_of(ack).length == 52


def test_nobody_listens_reset(pair: Pair) -> None:
    network, a, _ = pair
    events, hops, _ = connect(network, a, port=81)
    assert events == [("ECONNREFUSED", b"")]
    answer = next(h.packet for h in hops if h.kind == "transmit" and h.netns == "b" and h.packet.leg == "reply")
    assert (tcp_of(answer).flags, ip_of(answer).length, ip_of(answer).ttl, ip_of(answer).df) == ("RA", 40, 64, True)


def test_syn_is_sent_again_at_a_linear_pace_then_slower(pair: Pair) -> None:
    """Source: ip-sysctl, tcp_syn_linear_timeouts = 4 (Linux 6.5 and later)."""
    network, a, _ = pair
    a.neigh.put(Neighbour(B, "eth0", "02:00:0a:00:00:99", "PERMANENT"))
    network.start_record()
    connection = TcpConnection(a, (A, 40000), (B, 80), lambda *_: None)
    connection.connect()
    network.clock.after(9_500_000, connection.abandon)
    hops = list(walk(network))
    again = [(h.t_us, h.packet.attempt) for h in hops if h.kind == "retransmit"]
    assert [(round(t / 1e6), n) for t, n in again] == [(1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (7, 7)]


def test_unacknowledged_data_is_sent_again_and_not_delivered_twice(pair: Pair) -> None:
    network, a, b = pair
    b.sockets.listen(Listener("tcp", 80, "nginx"))
    got: list[str] = []
    connection = TcpConnection(a, (A, 40000), (B, 80), lambda e, d: got.append(e))
    connection.connect()
    list(walk(network))
    # the answer's acknowledgement is lost once: the wire is cut for the time of one segment
    wire = b.interfaces["eth0"].peer
    assert wire is not None
    wire.up = False
    connection.write(b"hi\n")
    network.clock.after(100_000, lambda: setattr(wire, "up", True))
    network.start_record()
    hops = list(walk(network))
    assert [h.packet.attempt for h in hops if h.kind == "retransmit"] == [2]
    assert got == ["connected", "data"]


def test_segment_for_no_connection_is_reset_by_the_client(pair: Pair) -> None:
    network, a, b = pair
    b.sockets.listen(Listener("tcp", 80, "nginx"))
    network.start_record()
    connection = TcpConnection(a, (A, 40000), (B, 80), lambda *_: None)
    connection.connect()
    del a.sockets.connections[A, 40000, B, 80]
    network.clock.after(500_000, connection.abandon)
    hops = list(walk(network))
    reset = next(h.packet for h in hops if h.packet.leg == "client-rst")
    assert tcp_of(reset).flags == "R"
    assert hops[-1].kind in ("deliver", "drop")


def test_datagram_is_answered_refused_or_taken_by_the_right_socket(pair: Pair) -> None:
    network, a, b = pair
    b.sockets.listen(Listener("udp", 53, "coredns"))
    got: list[Packet] = []
    errors: list[tuple[int, int]] = []
    a.sockets.udp[A, 5000] = UdpSocket((A, 5000), (B, 53), got.append, lambda t, c, p: errors.append((t, c)))
    send_datagram(a, (A, 5000), (B, 53), Payload(24), "request")
    hops = list(walk(network))
    assert len(got) == 1
    assert next(ip_of(h.packet).length for h in hops if h.packet.leg == "request") == 52
    a.sockets.udp[A, 5001] = UdpSocket((A, 5001), (B, 5353), got.append, lambda t, c, p: errors.append((t, c)))
    send_datagram(a, (A, 5001), (B, 5353), Payload(24), "request")
    list(walk(network))
    assert errors == [(3, 3)]


def test_listening_twice_on_a_port_is_refused(pair: Pair) -> None:
    _, _, b = pair
    nginx, local = Listener("tcp", 80, "nginx"), Listener("tcp", 80, "local", IPv4Address("127.0.0.1"))
    b.sockets.listen(nginx)
    with pytest.raises(ValueError, match="Address already in use"):
        b.sockets.listen(Listener("tcp", 80, "caddy"))
    b.sockets.listen(local)
    assert b.sockets.find_listener("tcp", IPv4Address("127.0.0.1"), 80) == local
    assert b.sockets.find_listener("tcp", B, 80) == nginx


def test_reset_in_an_open_connection_is_econnreset(pair: Pair) -> None:
    network, a, b = pair
    b.sockets.listen(Listener("tcp", 80, "nginx"))
    events: list[str] = []
    connection = TcpConnection(a, (A, 40000), (B, 80), lambda e, _: events.append(e))
    connection.connect()
    list(walk(network))
    b.sockets.connections.clear()
    b.sockets.listeners.clear()
    connection.write(b"hi\n")
    list(walk(network))
    assert events == ["connected", "ECONNRESET"]


@pytest.mark.parametrize(("size", "df"), [(1472, True), (1473, False)])
def test_datagram_that_its_own_host_must_cut_goes_without_df(pair: Pair, size: int, df: bool) -> None:
    """As `tcpdump` shows a connected UDP socket's datagrams on Linux 6.18: fragments have an id and no DF."""
    network, a, _ = pair
    send_datagram(a, (A, 40000), (B, 99), Payload(size), "request")
    hops = list(walk(network))
    sent = [ip_of(h.packet) for h in hops if h.kind == "transmit" and h.netns == "a" and h.packet.leg == "request"]
    assert [ip.df for ip in sent] == ([True] if df else [False, False])
    assert all(ip.ident > 0 for ip in sent if not df)


def test_a_syn_that_waits_for_arp_in_its_own_host_is_not_sent_again(pair: Pair) -> None:
    """One SYN is queued, whatever the timer says: one error comes back when the neighbour does not."""
    network, a, b = pair
    b.set_down("eth0")
    events, hops, _ = connect(network, a)
    assert events[0][0] == "EHOSTUNREACH"
    assert [h.kind for h in hops if h.kind in ("retransmit", "arp-failed")] == ["arp-failed"]


def test_a_datagram_that_output_sends_where_no_route_leads_fails_in_its_program(pair: Pair) -> None:
    network, a, _ = pair
    a.netfilter.restore("*nat\n-A OUTPUT -d 10.0.0.3/32 -p udp -j DNAT --to-destination 10.9.9.9\nCOMMIT\n")
    a.fib.add(Route(IPv4Network("10.9.9.9/32"), type="unreachable"))
    assert send_datagram(a, (A, 40000), (B, 53), Payload(5), "request") == "EHOSTUNREACH"


@pytest.mark.parametrize(
    ("kind", "words", "member", "passes"),
    [
        ("hash:ip,port", "dst,dst", "10.0.0.3,udp:53", False),
        ("hash:ip,port", "dst,dst", "10.0.0.3,tcp:53", True),
        ("hash:ip,port", "dst,src", "10.0.0.3,udp:40000", False),
        ("hash:ip,port", "src,dst", "10.0.0.2,udp:53", False),
        ("hash:ip,port", "dst", "10.0.0.3,udp:53", True),
        ("hash:ip", "src", "10.0.0.2", False),
    ],
)
def test_a_set_is_asked_for_addresses_and_ports(pair: Pair, kind: str, words: str, member: str, passes: bool) -> None:
    """Source: ip_set_hash_ipport.c, ip_set_core.c (a set with ports is never matched by one word)."""
    network, a, b = pair
    b.ipsets["s"] = IpSet("s", kind)
    b.ipsets["s"].add(member)
    b.netfilter.restore(f"*filter\n-A INPUT -m set --match-set s {words} -j DROP\nCOMMIT\n")
    b.sockets.listen(Listener("udp", 53, "server"))
    network.start_record()
    send_datagram(a, (A, 40000), (B, 53), Payload(5), "request")
    assert any(h.kind == "accept" for h in walk(network)) == passes
