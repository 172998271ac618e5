"""Misconceptions about the Pod network, each dissolved by a trace."""

from __future__ import annotations

from app.shell import run
from tests.misconceptions.lab import cluster, hops, pod, seen_at, send, sources_at

CLIENT = pod("client", listens="")
REMOTE = pod("far", "k8s-node-12")


def test_m15_small_requests_work_and_large_ones_hang_where_the_path_is_narrower_than_it_says() -> None:
    simulator = cluster(CLIENT, REMOTE)
    assert send(simulator, "pod/default/client", "tcp://10.2.2.2:80", size=3000).verdict.outcome == "delivered"
    mtus = {(i.netns, i.name): i.mtu for i in send(simulator, "pod/default/client", "icmp://10.2.2.2").interfaces}
    assert mtus["k8s-node-11", "flannel.1"] == mtus["k8s-node-11", "ens33"] - 50, "VXLAN adds 50 bytes"
    narrow = cluster(CLIENT)
    run(narrow, "ext/gateway", "ip link set dev eth1 mtu 1300")
    assert send(narrow, "pod/default/client", "tcp://203.0.113.10:80", size=3000).verdict.outcome == "delivered"
    broken = cluster(CLIENT)
    run(broken, "ext/gateway", "ip link set dev eth1 mtu 1300")
    deaf = (
        "iptables -t raw -I PREROUTING -p icmp --icmp-type fragmentation-needed -j DROP"  # a firewall that means well
    )
    assert run(broken, "node/k8s-node-11", deaf).exit_code == 0
    assert send(broken, "pod/default/client", "tcp://203.0.113.10:80").verdict.outcome == "delivered", "a small one"
    large = send(broken, "pod/default/client", "tcp://203.0.113.10:80", size=3000)
    assert (large.verdict.outcome, large.verdict.sender_learns) == ("timed-out", "handshake-only")
    assert {h.node for h in hops(large, "mtu-exceeded")} == {"ext/gateway"}
    dropped = [s for s in seen_at(large, "k8s-node-11") if s.leg == "icmp-error"]
    assert dropped != [], "the router did tell"
    assert not [s for s in seen_at(large, "pod/default/client") if s.leg == "icmp-error"]


def test_m35_a_pod_does_not_appear_on_the_internet_with_its_own_address() -> None:
    trace = send(cluster(CLIENT), "pod/default/client", "tcp://203.0.113.10:80")
    assert trace.verdict.outcome == "delivered"
    assert sources_at(trace, "ext/internet") == {"10.0.0.11"}
    (masquerade,) = {h.evidence.entry for h in hops(trace, "masquerade") if h.evidence is not None}
    assert "MASQUERADE" in masquerade
    inside = send(cluster(CLIENT, REMOTE), "pod/default/client", "tcp://10.2.2.2:80")
    assert sources_at(inside, "pod/default/far") == {"10.2.1.2"}, "inside the Pod CIDR nothing is masqueraded"
    assert seen_at(inside, "pod/default/far") != []
