"""Routing, forwarding, TTL, MTU and the errors that tell of them."""

from ipaddress import IPv4Address, IPv4Network

import pytest

from app.dataplane.fib import Route, RouteType
from app.dataplane.ip import UnroutableError, route_output
from app.dataplane.network import Network
from tests.unit.dataplane.builders import add_host, add_lan, icmp_of, ip_of, kinds, new_network, ping


@pytest.fixture
def routed() -> Network:
    """a -- lan -- r (router) and b on the same LAN but reached by way of r."""
    network = new_network()
    lan = add_lan(network)
    a = add_host(network, lan, "a", "10.0.0.2/24")
    add_host(network, lan, "r", "10.0.0.1/24", forwards=True)
    add_host(network, lan, "b", "10.0.0.3/24")
    a.fib.add(Route(IPv4Network("10.9.0.0/16"), "eth0", via=IPv4Address("10.0.0.1")))
    return network


def test_forwarding_takes_one_ttl_and_rewrites_both_macs(routed: Network) -> None:
    a, r, b = (routed.namespaces[n] for n in "arb")
    r.fib.add(Route(IPv4Network("10.9.0.3/32"), "eth0", via=IPv4Address("10.0.0.3")))
    b.fib.add(Route(IPv4Network("10.9.0.3/32"), "lo", type="local", table="local", proto="kernel", scope="host"))
    answers, hops = ping(routed, a, "10.9.0.3")
    assert len(answers.replies) == 1
    changed = {c.field: (c.before, c.after) for h in hops if h.netns == "r" for c in h.changes}
    assert changed["ipv4.ttl"] == (64, 63)
    assert changed["eth.src"] == ("02:00:0a:00:00:02", "02:00:0a:00:00:01")
    assert changed["eth.dst"] == ("02:00:0a:00:00:01", "02:00:0a:00:00:03")


@pytest.mark.parametrize(
    ("route", "error", "kind"),
    [
        (None, (3, 0), "no-route"),
        (Route(IPv4Network("10.9.0.0/16"), type="blackhole"), None, "blackhole"),
        (Route(IPv4Network("10.9.0.0/16"), type="unreachable"), (3, 1), "blackhole"),
        (Route(IPv4Network("10.9.0.0/16"), type="prohibit"), (3, 13), "blackhole"),
    ],
    ids=["none", "blackhole", "unreachable", "prohibit"],
)
def test_router_without_a_usable_route(
    routed: Network, route: Route | None, error: tuple[int, int] | None, kind: str
) -> None:
    if route is not None:
        routed.namespaces["r"].fib.add(route)
    answers, hops = ping(routed, routed.namespaces["a"], "10.9.0.3")
    assert answers.errors == ([error] if error else [])
    assert (kind, "r:eth0") in kinds(hops, "request")


def test_ttl_1_dies_at_the_router_and_2_does_not(routed: Network) -> None:
    routed.namespaces["r"].fib.add(Route(IPv4Network("10.9.0.3/32"), "eth0", via=IPv4Address("10.0.0.3")))
    answers, _ = ping(routed, routed.namespaces["a"], "10.9.0.3", ttl=1)
    assert answers.errors == [(11, 0)]
    answers, hops = ping(routed, routed.namespaces["a"], "10.9.0.3", ttl=2)
    assert answers.errors == []
    assert [h.code for h in hops][-1] == "drop-not-forwarding", "b is no router"


def test_router_names_its_mtu_when_it_may_not_cut(routed: Network) -> None:
    r = routed.namespaces["r"]
    r.fib.add(Route(IPv4Network("10.9.0.3/32"), "eth0", via=IPv4Address("10.0.0.3")))
    r.interfaces["eth0"].mtu = 1000
    answers, hops = ping(routed, routed.namespaces["a"], "10.9.0.3", size=1200, df=True)
    assert answers.errors == [(3, 4)]
    error = next(h.packet for h in hops if h.kind == "icmp-error")
    assert icmp_of(error).mtu == 1000
    assert ip_of(error).length == 576, "an error quotes what fits into 576 bytes"


def test_router_cuts_what_may_be_cut_and_the_target_puts_it_together(routed: Network) -> None:
    r, b = routed.namespaces["r"], routed.namespaces["b"]
    r.fib.add(Route(IPv4Network("10.9.0.3/32"), "eth0", via=IPv4Address("10.0.0.3")))
    b.fib.add(Route(IPv4Network("10.9.0.3/32"), "lo", type="local", table="local", proto="kernel", scope="host"))
    r.interfaces["eth0"].mtu = 1000
    answers, hops = ping(routed, routed.namespaces["a"], "10.9.0.3", size=1200)
    sizes = [
        ip_of(h.packet).length for h in hops if h.kind == "transmit" and h.netns == "r" and h.packet.leg == "request"
    ]
    assert sizes == [996, 252]
    assert ("reassemble", "b:eth0") in kinds(hops, "request")
    assert len(answers.replies) == 1


def test_packet_from_the_hosts_own_address_is_a_martian(routed: Network) -> None:
    r = routed.namespaces["r"]
    a = routed.namespaces["a"]
    connected = a.fib.find("main", IPv4Network("10.0.0.0/24"))
    assert connected is not None
    a.fib.remove(connected)
    a.fib.add(Route(IPv4Network("10.0.0.0/24"), "eth0", src=IPv4Address("10.0.0.1"), scope="link"))
    answers, hops = ping(routed, a, "10.0.0.1")
    assert answers.replies == []
    assert r.fib.is_local(IPv4Address("10.0.0.1"))
    assert [h.code for h in hops if h.kind == "drop" and h.netns == "r"] == ["drop-local-source"]


@pytest.mark.parametrize(
    ("type_", "errno"), [("blackhole", "EINVAL"), ("unreachable", "EHOSTUNREACH"), ("prohibit", "EACCES")]
)
def test_local_sender_gets_the_routes_errno(routed: Network, type_: RouteType, errno: str) -> None:
    a = routed.namespaces["a"]
    a.fib.add(Route(IPv4Network("10.8.0.0/16"), type=type_))
    with pytest.raises(UnroutableError, match=errno):
        route_output(a, IPv4Address("10.8.0.1"))


def test_local_sender_without_a_route_gets_enetunreach(routed: Network) -> None:
    with pytest.raises(UnroutableError, match="ENETUNREACH"):
        route_output(routed.namespaces["a"], IPv4Address("192.0.2.1"))


def test_ping_of_the_own_address_stays_on_lo(routed: Network) -> None:
    answers, hops = ping(routed, routed.namespaces["a"], "10.0.0.2")
    assert len(answers.replies) == 1
    assert {h.interface for h in hops} == {"lo"}


def test_echo_can_be_ignored(routed: Network) -> None:
    routed.namespaces["b"].sysctls["net.ipv4.icmp_echo_ignore_all"] = "1"
    answers, hops = ping(routed, routed.namespaces["a"], "10.0.0.3")
    assert answers.replies == []
    assert hops[-1].code == "drop-echo-ignored"
