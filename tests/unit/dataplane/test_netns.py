"""Addresses and links bring their routes and take them away, as the kernel does."""

from ipaddress import IPv4Address, IPv4Interface, IPv4Network

import pytest

from app.dataplane.devices.nic import Nic
from app.dataplane.fib import Route
from app.dataplane.netns import NetNs
from tests.unit.dataplane.builders import add_host, add_lan, new_network


@pytest.fixture
def host() -> NetNs:
    network = new_network()
    return add_host(network, add_lan(network), "a", "10.0.0.2/24")


def lines(ns: NetNs, table: str) -> list[str]:
    return [r.text(show_table=False) for r in ns.fib.routes if r.table == table]


def test_address_on_an_up_link_brings_local_broadcast_and_connected_routes(host: NetNs) -> None:
    assert lines(host, "main") == ["10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.2"]
    assert lines(host, "local") == [
        "local 127.0.0.1 dev lo proto kernel scope host src 127.0.0.1",
        "local 127.0.0.0/8 dev lo proto kernel scope host src 127.0.0.1",
        "broadcast 127.255.255.255 dev lo proto kernel scope link src 127.0.0.1",
        "local 10.0.0.2 dev eth0 proto kernel scope host src 10.0.0.2",
        "broadcast 10.0.0.255 dev eth0 proto kernel scope link src 10.0.0.2",
    ]


def test_down_takes_all_but_the_own_address_and_up_brings_back_only_connected_routes(host: NetNs) -> None:
    host.fib.add(Route(IPv4Network("0.0.0.0/0"), "eth0", via=IPv4Address("10.0.0.1")))
    host.set_down("eth0")
    assert lines(host, "main") == []
    assert host.fib.is_local(IPv4Address("10.0.0.2"))
    host.set_up("eth0")
    assert lines(host, "main") == ["10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.2"]


def test_host_address_has_no_subnet(host: NetNs) -> None:
    host.add_address("eth0", IPv4Interface("10.9.0.0/32"))
    assert all("10.9" not in line for line in lines(host, "main"))
    assert host.fib.is_local(IPv4Address("10.9.0.0"))


def test_removing_an_address_takes_everything_that_had_it_as_source(host: NetNs) -> None:
    host.remove_address("eth0", IPv4Interface("10.0.0.2/24"))
    assert lines(host, "main") == []
    assert not host.fib.is_local(IPv4Address("10.0.0.2"))
    with pytest.raises(ValueError, match="ipv4: Address not found"):
        host.remove_address("eth0", IPv4Interface("10.0.0.2/24"))


def test_names_and_addresses_are_taken_once(host: NetNs) -> None:
    with pytest.raises(ValueError, match="File exists"):
        host.add(Nic("eth0", "02:00:00:00:00:01"))
    with pytest.raises(ValueError, match="ipv4: Address already assigned"):
        host.add_address("eth0", IPv4Interface("10.0.0.2/24"))


def test_link_line_tells_flags_and_state_as_ip_link_does(host: NetNs) -> None:
    eth0 = host.interfaces["eth0"]
    assert eth0.link_line() == (
        "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP mode DEFAULT group default qlen 1000"
    )
    assert eth0.peer is not None
    eth0.peer.netns.set_down(eth0.peer.name)
    assert "<NO-CARRIER,BROADCAST,MULTICAST,UP>" in eth0.link_line()
    host.set_down("eth0")
    assert "<BROADCAST,MULTICAST> mtu 1500 qdisc fq_codel state DOWN" in eth0.link_line()
