"""ARP asks three times, queues what waits, and keeps to what it was told."""

from ipaddress import IPv4Address

import pytest

from app.dataplane.headers import Icmp, Payload
from app.dataplane.ip import send_local
from app.dataplane.neigh import Neighbour
from app.dataplane.netns import NetNs
from app.dataplane.network import Network
from app.dataplane.packet import Packet, ip_packet
from app.dataplane.walk import walk
from tests.unit.dataplane.builders import add_host, add_lan, icmp_of, new_network, ping

Lan = tuple[Network, NetNs, NetNs]


@pytest.fixture
def lan() -> Lan:
    network = new_network()
    switch = add_lan(network)
    return network, add_host(network, switch, "a", "10.0.0.2/24"), add_host(network, switch, "b", "10.0.0.3/24")


def state(ns: NetNs, ip: str, now_us: int) -> str:
    entry = ns.neigh.get(IPv4Address(ip), "eth0", now_us)
    assert entry is not None
    return entry.state


def test_asker_knows_it_reachable_and_the_asked_one_stale_until_used(lan: Lan) -> None:
    network, a, b = lan
    ping(network, a, "10.0.0.3")
    now_us = network.clock.now_us
    assert state(a, "10.0.0.3", now_us) == "REACHABLE"
    assert state(b, "10.0.0.2", now_us) == "DELAY", "STALE, then used for the reply"


def test_entry_grows_stale_after_thirty_seconds(lan: Lan) -> None:
    network, a, _ = lan
    ping(network, a, "10.0.0.3")
    network.clock.now_us += 31_000_000
    assert state(a, "10.0.0.3", network.clock.now_us) == "STALE"


def test_three_questions_a_second_apart_then_host_unreachable_from_oneself(lan: Lan) -> None:
    network, a, _ = lan
    answers, hops = ping(network, a, "10.0.0.77")
    asked = [h.t_us for h in hops if h.kind == "arp-request"]
    assert [t - asked[0] for t in asked] == [0, 1_000_000, 2_000_000]
    failed = next(h for h in hops if h.kind == "arp-failed")
    assert failed.t_us - asked[0] == 3_000_000
    assert failed.evidence is not None
    assert failed.evidence.entry == "10.0.0.77 dev eth0 FAILED"
    assert answers.errors == [(3, 1)]
    assert {h.interface for h in hops if h.packet.leg == "icmp-error" and h.interface} == {"lo"}


def test_packets_that_wait_leave_together_and_in_order(lan: Lan) -> None:
    network, a, _ = lan
    network.start_record()
    for seq in (1, 2, 3):
        ip = ip_packet(IPv4Address("10.0.0.2"), IPv4Address("10.0.0.3"), Icmp(8, 0, 7, seq, Payload(56)))
        send_local(a, Packet(seq, "request", 1, None, ip))
    hops = list(walk(network))
    sent = [(icmp_of(h.packet).seq, h.t_us) for h in hops if h.kind == "transmit" and h.packet.leg == "request"]
    assert [seq for seq, _ in sent] == [1, 2, 3]
    assert [t - sent[0][1] for _, t in sent] == [0, 2, 4], "one after the other, each out of the hands before the next"
    assert len([h for h in hops if h.kind == "arp-request"]) == 1


def test_permanent_entry_is_used_without_asking_and_never_overwritten(lan: Lan) -> None:
    network, a, b = lan
    wrong = Neighbour(IPv4Address("10.0.0.3"), "eth0", "02:00:0a:00:00:99", "PERMANENT")
    a.neigh.put(wrong)
    answers, hops = ping(network, a, "10.0.0.3")
    assert answers.replies == []
    assert not [h for h in hops if h.packet.leg == "arp"]
    ping(network, b, "10.0.0.2")
    assert a.neigh.get(IPv4Address("10.0.0.3"), "eth0", network.clock.now_us) == wrong


def test_link_down_forgets_all_neighbours_but_a_lost_carrier_keeps_permanent_ones(lan: Lan) -> None:
    network, a, _ = lan
    a.neigh.put(Neighbour(IPv4Address("10.0.0.9"), "eth0", "02:00:0a:00:00:09", "PERMANENT"))
    ping(network, a, "10.0.0.3")
    a.neigh.flush_dev("eth0", keep_permanent=True)
    assert [str(e.ip) for e in a.neigh.entries(network.clock.now_us)] == ["10.0.0.9"]
    a.set_down("eth0")
    assert a.neigh.entries(network.clock.now_us) == ()
