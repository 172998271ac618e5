"""The FIB answers as `ip route get` does, for any set of routes."""

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.dataplane.fib import Fib, Route, RouteEvidence

networks = st.builds(
    lambda number, length: IPv4Network((number & (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF, length)),
    st.integers(0, 2**32 - 1) | st.integers(0x0A020000, 0x0A02FFFF),
    st.integers(0, 32),
)
addresses = st.builds(IPv4Address, st.integers(0, 2**32 - 1) | st.integers(0x0A020000, 0x0A02FFFF))
routes = st.lists(
    st.builds(Route, networks, st.sampled_from(["eth0", "eth1"]), metric=st.integers(0, 3)),
    max_size=12,
    unique_by=lambda r: (r.prefix, r.metric),
)


@settings(max_examples=300, deadline=None)
@given(routes, addresses)
def test_lookup_is_the_longest_prefix_then_the_lowest_metric(rows: list[Route], dst: IPv4Address) -> None:
    fib = Fib()
    for row in rows:
        fib.add(row)
    matching = [r for r in rows if dst in r.prefix]
    expected = max(matching, key=lambda r: (r.prefix.prefixlen, -r.metric), default=None)
    assert fib.lookup(dst) == expected


@settings(max_examples=100, deadline=None)
@given(routes, addresses)
def test_evidence_names_the_winner_and_explains_every_other_main_route(rows: list[Route], dst: IPv4Address) -> None:
    fib = Fib()
    for row in rows:
        fib.add(row)
    evidence = RouteEvidence(dst, fib.lookup(dst), fib.routes)
    skipped = {s.entry for s in evidence.skipped}
    assert evidence.entry not in skipped or len(rows) > len({r.text() for r in rows})
    assert all(s.because for s in evidence.skipped)


@pytest.mark.parametrize(
    ("route", "text"),
    [
        (Route(IPv4Network("0.0.0.0/0"), "eth0", via=IPv4Address("10.0.0.1")), "default via 10.0.0.1 dev eth0"),
        (
            Route(IPv4Network("10.2.1.0/24"), "cni0", proto="kernel", scope="link", src=IPv4Address("10.2.1.1")),
            "10.2.1.0/24 dev cni0 proto kernel scope link src 10.2.1.1",
        ),
        (
            Route(IPv4Network("10.2.2.0/24"), "flannel.1", via=IPv4Address("10.2.2.0"), onlink=True),
            "10.2.2.0/24 via 10.2.2.0 dev flannel.1 onlink",
        ),
        (Route(IPv4Network("10.9.0.0/16"), type="blackhole"), "blackhole 10.9.0.0/16"),
        (Route(IPv4Network("10.2.1.5/32"), "eth0", metric=100), "10.2.1.5 dev eth0 metric 100"),
    ],
    ids=["default", "connected", "onlink", "blackhole", "host"],
)
def test_text_is_ip_routes(route: Route, text: str) -> None:
    """Source: iproute2 6.1 on Debian 12; the first three stand in oracle/state."""
    assert route.text() == text


def test_local_table_is_asked_first() -> None:
    fib = Fib()
    local = Route(IPv4Network("10.0.0.0/8"), "lo", type="local", table="local")
    fib.add(local)
    fib.add(Route(IPv4Network("10.0.0.1/32"), "eth0"))
    assert fib.lookup(IPv4Address("10.0.0.1")) == local


def test_same_prefix_and_metric_twice_is_refused() -> None:
    fib = Fib()
    fib.add(Route(IPv4Network("10.0.0.0/8"), "eth0"))
    with pytest.raises(ValueError, match="File exists"):
        fib.add(Route(IPv4Network("10.0.0.0/8"), "eth1"))
    fib.replace(Route(IPv4Network("10.0.0.0/8"), "eth1"))
    assert [r.dev for r in fib.routes] == ["eth1"]
    with pytest.raises(ValueError, match="No such process"):
        fib.remove(Route(IPv4Network("10.0.0.0/8"), "eth0"))
