"""What a host remembers of a path's MTU, and what its sockets do then.

The figures are those of Linux 6.18 with the same three namespaces (a -1500- r -1450- b): texts of `ip route get`, sizes
of fragments and segments, the MSS of the next SYN.
"""

from ipaddress import IPv4Address, IPv4Interface, IPv4Network

import pytest

from app.dataplane.devices.veth import Veth, connect
from app.dataplane.fib import Route
from app.dataplane.headers import Payload
from app.dataplane.hop import Hop
from app.dataplane.netns import NetNs
from app.dataplane.network import Network
from app.dataplane.pmtu import PmtuException
from app.dataplane.sockets import Listener, UdpSocket
from app.dataplane.tcp import TcpConnection
from app.dataplane.udp import send_datagram
from app.dataplane.walk import walk
from app.shell import execute
from tests.unit.dataplane.builders import ip_of, mac, new_network, ping, tcp_of

A, B = IPv4Address("10.1.0.2"), IPv4Address("10.2.0.2")


def wire(one: NetNs, name: str, address: str, other: NetNs, other_name: str, other_address: str) -> None:
    """Connect two namespaces by a cable."""
    near, far = (Veth(n, mac("02:00", a.partition("/")[0])) for n, a in ((name, address), (other_name, other_address)))
    one.add(near)
    other.add(far)
    connect(near, far)
    for netns, interface, own in ((one, name, address), (other, other_name, other_address)):
        netns.set_up(interface)
        netns.add_address(interface, IPv4Interface(own))


@pytest.fixture
def path() -> Network:
    """a -- 1500 -- r -- b, where r alone knows that the second cable takes 1450."""
    network = new_network()
    a, r, b = (network.add_namespace(name) for name in "arb")
    wire(a, "va", f"{A}/24", r, "ra", "10.1.0.1/24")
    wire(r, "rb", "10.2.0.1/24", b, "vb", f"{B}/24")
    r.sysctls["net.ipv4.ip_forward"] = "1"
    r.interfaces["rb"].set_mtu(1450)
    for host, dev, gateway in ((a, "va", "10.1.0.1"), (b, "vb", "10.2.0.1")):
        host.fib.add(Route(IPv4Network("0.0.0.0/0"), dev, via=IPv4Address(gateway)))
    return network


def get(netns: NetNs, dst: IPv4Address = B) -> str:
    """Return the second line of `ip route get`."""
    return execute(netns, f"ip route get {dst}").stdout.splitlines()[1]


def learn(network: Network, size: int = 1472) -> None:
    """Let `a` be told of the narrow cable."""
    answers, _ = ping(network, network.namespaces["a"], str(B), size=size, df=True)
    assert answers.errors == [(3, 4)]


def sizes(hops: list[Hop], netns: str = "a") -> list[tuple[int, bool]]:
    """Return (length, DF) of what `netns` sent, ARP left out."""
    sent = [h for h in hops if h.kind == "transmit" and h.netns == netns and h.packet.leg != "arp"]
    return [(ip_of(h.packet).length, ip_of(h.packet).df) for h in sent]


def later(network: Network, seconds: int) -> None:
    """Let virtual time pass."""
    network.clock.after(seconds * 1_000_000, lambda: None)
    list(walk(network))


# --- the exception ----------------------------------------------------------------------------------------------------


def test_frag_needed_is_remembered_for_ten_minutes(path: Network) -> None:
    a = path.namespaces["a"]
    assert get(a) == "    cache "
    learn(path)
    assert get(a) == "    cache expires 600sec mtu 1450 "
    later(path, 2)
    assert execute(a, "ip route get 10.2.0.2").stdout == (
        "10.2.0.2 via 10.1.0.1 dev va src 10.1.0.2 uid 0 \n    cache expires 598sec mtu 1450 \n"
    )
    assert execute(a, "ip route show cache").stdout == (
        "10.2.0.2 via 10.1.0.1 dev va \n    cache expires 598sec mtu 1450 \n"
    )
    assert get(a, IPv4Address("10.2.0.3")) == "    cache ", "it is for one destination"
    later(path, 597)
    assert get(a) == "    cache expires 1sec mtu 1450 "
    later(path, 1)
    assert get(a) == "    cache "
    assert execute(a, "ip route show cache").stdout == ""


def test_sysctls_set_how_long_and_how_low(path: Network) -> None:
    a = path.namespaces["a"]
    assert execute(a, "sysctl -w net.ipv4.route.mtu_expires=60 net.ipv4.route.min_pmtu=1460").stderr == ""
    learn(path)
    assert get(a) == "    cache expires 60sec mtu lock 1460 "


def test_less_than_min_pmtu_locks_it_there_and_packets_go_without_df(path: Network) -> None:
    a, r = path.namespaces["a"], path.namespaces["r"]
    r.interfaces["rb"].set_mtu(500)
    learn(path)
    assert get(a) == "    cache expires 600sec mtu lock 552 "
    path.start_record()
    send_datagram(a, (A, 40000), (B, 53), Payload(1000), "request")
    assert sizes(list(walk(path))) == [(548, False), (500, False)]
    path.start_record()
    send_datagram(a, (A, 40000), (B, 53), Payload(100), "request")
    assert sizes(list(walk(path))) == [(128, False)]


@pytest.mark.parametrize(
    "command",
    [
        "ip route flush cache",
        "ip route del default",
        "ip route replace default via 10.1.0.1 dev va metric 0 src 10.1.0.2",
        "ip link set va down",
        "ip addr del 10.1.0.2/24 dev va",
    ],
)
def test_it_goes_with_the_cache_and_with_its_route(path: Network, command: str) -> None:
    a = path.namespaces["a"]
    learn(path)
    assert execute(a, command).exit_code == 0
    assert execute(a, "ip route show cache").stdout == ""


def test_it_follows_the_devices_mtu_as_linux_has_it(path: Network) -> None:
    a = path.namespaces["a"]
    path.namespaces["r"].interfaces["rb"].set_mtu(500)
    learn(path)
    execute(a, "ip link set va mtu 1400")
    assert get(a) == "    cache expires 600sec mtu lock 552 "
    execute(a, "ip link set va mtu 520")
    assert get(a) == "    cache expires 600sec mtu 520 "


def test_a_router_asks_its_own_device_and_not_what_it_has_learned(path: Network) -> None:
    """ip_forward_use_pmtu is 0."""
    r = path.namespaces["r"]
    r.fib.exceptions.put(
        next(x for x in r.fib.routes if x.prefix == IPv4Network("10.2.0.0/24") and x.table == "main"),
        B, PmtuException(600, is_locked=False, expires_us=10**9),
    )  # fmt: skip
    answers, _ = ping(path, path.namespaces["a"], str(B), size=1300, df=True)
    assert len(answers.replies) == 1


def test_the_hop_that_learns_and_the_hop_that_uses_it_cite_it(path: Network) -> None:
    a = path.namespaces["a"]
    _, hops = ping(path, a, str(B), size=1472, df=True)
    told = next(h for h in hops if h.code == "deliver-frag-needed")
    assert told.evidence is not None
    assert (told.netns, told.evidence.tool, told.evidence.entry) == (
        "a", "ip route get 10.2.0.2", "cache expires 600sec mtu 1450",
    )  # fmt: skip
    _, hops = ping(path, a, str(B), size=1472)
    cut = next(h for h in hops if h.kind == "fragment" and h.netns == "a")
    assert cut.evidence is not None and cut.evidence.entry == "cache expires 600sec mtu 1450"
    assert [s.because for s in cut.evidence.skipped] == ["the path's MTU 1450 is smaller"]
    assert cut.evidence.skipped[0].entry.startswith("2: va@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 ")
    assert sizes(hops) == [(1444, False), (76, False)]


# --- UDP --------------------------------------------------------------------------------------------------------------


def test_udp_is_told_once_and_then_cuts_before_it_sends(path: Network) -> None:
    a, b = path.namespaces["a"], path.namespaces["b"]
    b.sockets.listen(Listener("udp", 53, "dns"))
    errors: list[tuple[int, int]] = []
    local = (A, 40000)
    a.sockets.udp[local] = UdpSocket(local, (B, 53), lambda _: None, lambda t, c, _: errors.append((t, c)))
    path.start_record()
    send_datagram(a, local, (B, 53), Payload(1460), "request")
    assert sizes(list(walk(path))) == [(1488, True)]
    assert errors == [(3, 4)], "EMSGSIZE"
    path.start_record()
    send_datagram(a, local, (B, 53), Payload(1460), "request")
    hops = list(walk(path))
    assert sizes(hops) == [(1444, False), (64, False)]
    assert ("accept", "b") in {(h.kind, h.netns) for h in hops}
    assert errors == [(3, 4)]


def test_udp_without_a_socket_teaches_nothing(path: Network) -> None:
    a = path.namespaces["a"]
    send_datagram(a, (A, 40000), (B, 53), Payload(1460), "request")
    list(walk(path))
    assert get(a) == "    cache "


def test_udp_that_its_own_device_cannot_take_goes_in_pieces_without_df(path: Network) -> None:
    a = path.namespaces["a"]
    path.start_record()
    send_datagram(a, (A, 40000), (B, 53), Payload(2000), "request")
    assert sizes(list(walk(path)))[:2] == [(1500, False), (548, False)]


# --- TCP --------------------------------------------------------------------------------------------------------------


def talk(network: Network, size: int) -> tuple[list[tuple[str, bytes]], list[Hop]]:
    """Connect, send `size` bytes, read a line, close; return (events, hops)."""
    a, b = network.namespaces["a"], network.namespaces["b"]
    if not b.sockets.listeners:
        b.sockets.listen(Listener("tcp", 80, "nginx"))
    events: list[tuple[str, bytes]] = []

    def on_event(event: str, detail: bytes) -> None:
        events.append((event, detail))
        if event == "connected":
            connection.write(b"hi\n", size)
        elif event == "data":
            connection.close()

    network.start_record()
    connection = TcpConnection(a, (A, 40000), (B, 80), on_event)
    connection.connect()
    hops = []
    for hop in walk(network):
        hops.append(hop)
        if network.clock.now_us > 20_000_000:
            break
    return events, hops


def test_tcp_sends_full_segments_of_the_others_mss_less_its_timestamps(path: Network) -> None:
    path.namespaces["r"].interfaces["rb"].set_mtu(1500)
    events, hops = talk(path, 4000)
    assert [e for e, _ in events] == ["connected", "data", "closed"]
    assert [s for s in sizes(hops) if s[0] > 100] == [(1500, True), (1500, True), (1156, True)]


def test_tcp_cuts_smaller_and_sends_again_at_once_after_frag_needed(path: Network) -> None:
    events, hops = talk(path, 3000)
    assert [e for e, _ in events] == ["connected", "data", "closed"]
    # 1448 + 1448 + 104 bytes of data; of each of the first two the second try is 1398 + 50.
    assert [s[0] for s in sizes(hops) if s[0] > 70] == [1500, 1500, 156, 1450, 102, 1450, 102]
    again = [h for h in hops if h.kind == "retransmit"]
    assert {h.code for h in again} == {"retransmit-smaller"}
    assert again[0].params == {"mtu": 1450, "size": 1398, "flags": "A", "dst": "10.2.0.2"}
    assert again[0].evidence is not None and again[0].evidence.entry == "cache expires 600sec mtu 1450"
    assert again[0].t_us < 200_000, "it does not wait for the timer"
    assert tcp_of(again[0].packet).seq == 1


def test_the_next_connection_announces_and_uses_what_was_learned(path: Network) -> None:
    talk(path, 3000)
    events, hops = talk(path, 3000)
    assert [e for e, _ in events] == ["connected", "data", "closed"]
    assert next(tcp_of(h.packet).mss for h in hops if h.kind == "transmit" and h.packet.leg == "request") == 1410
    assert [s[0] for s in sizes(hops) if s[0] > 70] == [1450, 1450, 256]
    assert not [h for h in hops if h.kind == "retransmit"]


def test_the_announced_mss_does_not_fall_below_min_adv_mss(path: Network) -> None:
    path.namespaces["a"].interfaces["va"].set_mtu(200)
    _, hops = talk(path, 10)
    assert next(tcp_of(h.packet).mss for h in hops if h.kind == "transmit" and h.packet.leg == "request") == 256


def test_a_black_hole_swallows_the_error_and_the_connection_hangs(path: Network) -> None:
    a = path.namespaces["a"]
    assert execute(a, "iptables -A INPUT -p icmp -j DROP").exit_code == 0
    events, hops = talk(path, 3000)
    assert events == [("connected", b"")], "it opens, and then nothing"
    assert get(a) == "    cache "
    again = [ip_of(h.packet).length for h in hops if h.kind == "retransmit"]
    assert set(again) == {1500} and len(again) >= 5
    assert {h.kind for h in hops if h.netns == "r"} >= {"mtu-exceeded", "icmp-error"}
