"""Misconceptions about Services and kube-proxy, each dissolved by a trace."""

from __future__ import annotations

import pytest

from app.core.errors import PodwalkError
from app.shell import run
from tests.misconceptions.lab import SECOND, cluster, hops, pod, seen_at, send, service, sources_at

WEB = "selector: {app: web}, clusterIP: 10.1.0.50, ports: [{port: 80, targetPort: 80}]"
CLIENT = pod("client", listens="")
LOCAL = pod("near", labels="app: web")
REMOTE = pod("far", "k8s-node-12", labels="app: web")
NFTABLES = "  kubeProxy: {mode: nftables}"


def test_m01_a_clusterip_that_does_not_answer_ping_is_not_broken() -> None:
    simulator = cluster(CLIENT, REMOTE, service("web", WEB))
    ping = send(simulator, "pod/default/client", "icmp://10.1.0.50")
    assert ping.verdict.outcome != "delivered"
    assert hops(ping, "dnat") == [], "DNAT asks for protocol and port: ICMP has none"
    route = hops(ping, "route", node="k8s-node-11")[0]
    assert route.evidence is not None
    assert "10.1.0.50" not in {address.partition("/")[0] for i in ping.interfaces for address in i.addresses}
    assert send(simulator, "pod/default/client", "tcp://10.1.0.50:80").verdict.outcome == "delivered"
    nftables = cluster(CLIENT, REMOTE, service("web", WEB), more=NFTABLES)
    refused = send(nftables, "pod/default/client", "icmp://10.1.0.50")
    assert (refused.verdict.outcome, refused.verdict.sender_learns) == ("rejected", "icmp-port-unreachable")


def test_m02_what_answers_a_ping_to_an_address_of_nobody_is_a_router_or_nobody() -> None:
    trace = send(cluster(CLIENT, REMOTE, service("web", WEB)), "pod/default/client", "icmp://10.1.0.50")
    assert {s.netns for s in seen_at(trace, "ext/gateway")} == {"ext/gateway"}, "it left by the default route"
    assert trace.verdict.at.startswith("ext/gateway")


def test_m03_a_nodeport_does_not_show_the_clients_address() -> None:
    ports = "selector: {app: web}, type: NodePort, ports: [{port: 80, nodePort: 30080}]"
    trace = send(cluster(REMOTE, service("web", ports)), "ext/client", "tcp://10.0.0.11:30080")
    assert trace.verdict.outcome == "delivered"
    assert sources_at(trace, "pod/default/far") == {"10.2.1.0"}, "the receiving node has put its own in place"
    (changed,) = {
        c.before for h in hops(trace, "masquerade", node="k8s-node-11") for c in h.changes if c.field == "ipv4.src"
    }
    assert changed == "10.0.0.200"
    kept = "selector: {app: web}, type: NodePort, externalTrafficPolicy: Local, ports: [{port: 80, nodePort: 30080}]"
    trace = send(cluster(REMOTE, service("web", kept)), "ext/client", "tcp://10.0.0.12:30080")
    assert sources_at(trace, "pod/default/far") == {"10.0.0.200"}


def test_m04_local_is_more_than_a_kept_address() -> None:
    local = "selector: {app: web}, type: NodePort, externalTrafficPolicy: Local, ports: [{port: 80, nodePort: 30080}]"
    simulator = cluster(CLIENT, pod("elsewhere", "k8s-node-12", listens=""), REMOTE, service("web", local))
    dropped = send(simulator, "ext/client", "tcp://10.0.0.11:30080")
    assert (dropped.verdict.outcome, dropped.verdict.at) == ("timed-out", "k8s-node-11")
    (drop,) = {h.evidence.entry for h in hops(dropped, "drop") if h.evidence is not None}
    assert "has no local endpoints" in drop
    own = send(simulator, "pod/default/client", "tcp://10.0.0.11:30080")
    assert own.verdict.outcome == "delivered", "a Pod of that very node is led to all endpoints"
    other = send(simulator, "pod/default/elsewhere", "tcp://10.0.0.11:30080")
    assert other.verdict.outcome == "timed-out", "a Pod of another node comes with its node's address"


def test_m05_a_pod_calls_its_own_service_by_hairpin_and_masquerade() -> None:
    simulator = cluster(LOCAL, service("web", WEB))
    trace = send(simulator, "pod/default/near", "tcp://10.1.0.50:80")
    assert trace.verdict.outcome == "delivered"
    assert sources_at(trace, "pod/default/near") == {"10.2.1.1"}, (
        "masqueraded: else the answer would never leave the Pod"
    )
    veth = next(i.name for i in trace.interfaces if i.netns == "k8s-node-11" and i.peer == "pod/default/near:eth0")
    assert run(simulator, "node/k8s-node-11", f"bridge link set dev {veth} hairpin off").exit_code == 0
    stuck = send(simulator, "pod/default/near", "tcp://10.1.0.50:80")
    assert stuck.verdict.outcome == "timed-out"
    assert hops(stuck, "bridge-drop", "bridge-flood", "bridge-forward") != []


def test_m06_same_node_fails_without_br_netfilter_though_dns_is_well() -> None:
    simulator = cluster(CLIENT, LOCAL, REMOTE, service("web", WEB))
    run(simulator, "node/k8s-node-11", "sysctl -w net.bridge.bridge-nf-call-iptables=0")
    near = send(simulator, "pod/default/client", "tcp://10.1.0.50:80", "default/near")
    assert near.verdict.outcome == "timed-out"
    answers = [s for s in seen_at(near, "pod/default/client") if s.leg == "reply" and s.ip is not None]
    assert {s.ip.src for s in answers if s.ip} == {"10.2.1.3"}, "the reply is bridged past conntrack: no un-DNAT"
    assert any(s.leg == "client-rst" for s in near.sightings), "the client knows no such connection"
    assert send(simulator, "pod/default/client", "tcp://10.1.0.50:80", "default/far").verdict.outcome == "delivered"


def test_m07_port_target_port_node_port_and_container_port_are_four_numbers() -> None:
    ports = "selector: {app: web}, clusterIP: 10.1.0.50, type: NodePort, ports: [{port: 8080, targetPort: 80, nodePort: 30120}]"
    simulator = cluster(CLIENT, REMOTE, service("web", ports))
    for sender, url in (("pod/default/client", "tcp://10.1.0.50:8080"), ("ext/client", "tcp://10.0.0.11:30120")):
        trace = send(simulator, sender, url)
        assert trace.verdict.outcome == "delivered"
        rewritten = {c.after for h in hops(trace, "dnat") for c in h.changes if c.field == "tcp.dport"}
        assert rewritten == {80}
    assert send(simulator, "pod/default/client", "tcp://10.1.0.50:80").verdict.outcome != "delivered"


def test_m09_refused_and_timeout_do_not_mean_the_same() -> None:
    simulator = cluster(CLIENT, service("empty", WEB))
    refused = send(simulator, "pod/default/client", "tcp://10.1.0.50:80")
    assert (refused.verdict.outcome, refused.verdict.sender_learns) == ("rejected", "ECONNREFUSED")
    (entry,) = {h.evidence.entry for h in hops(refused, "reject") if h.evidence is not None}
    assert "has no endpoints" in entry
    run(simulator, "node/k8s-node-11", "iptables -I FORWARD -d 10.1.0.50 -j DROP")
    silent = send(simulator, "pod/default/client", "tcp://10.1.0.50:80")
    assert (silent.verdict.outcome, silent.verdict.sender_learns) == ("timed-out", "timeout")


def test_m10_running_is_not_ready() -> None:
    unready = ", readinessGates: [{conditionType: example.com/never}]"
    probed = "[{name: c, image: nginx, readinessProbe: {tcpSocket: {port: 81}}}]"
    body = pod("web", "k8s-node-12", labels="app: web").replace("[{name: c, image: nginx}]", probed)
    simulator = cluster(CLIENT, body, service("web", WEB))
    status = simulator.live.api.get("Pod", "web").body["status"]
    assert (status["phase"], status["containerStatuses"][0]["ready"]) == ("Running", False), unready
    assert send(simulator, "pod/default/client", "tcp://10.1.0.50:80").verdict.sender_learns == "ECONNREFUSED"
    address = status["podIP"]
    assert send(simulator, "pod/default/client", f"tcp://{address}:80").verdict.outcome == "delivered", "it does listen"


def test_m14_a_udp_flow_keeps_its_dead_pod_until_its_entry_is_deleted() -> None:
    udp = "selector: {app: dns}, clusterIP: 10.1.0.53, ports: [{port: 53, protocol: UDP}]"
    old, new = (pod(name, "k8s-node-12", labels="app: dns", listens="udp/53") for name in ("old", "new"))
    simulator = cluster(CLIENT, old, new, service("dns", udp), more="  lag: {kubeProxy: 10s}")
    first = send(simulator, "pod/default/client", "udp://10.1.0.53:53", "default/old")
    assert first.verdict.at == "pod/default/client" or first.verdict.outcome == "delivered"
    simulator.live.api.delete("Pod", "old")
    simulator.settle(3 * SECOND)
    node = simulator.network.namespaces["k8s-node-11"]
    assert [c for c in node.conntrack.connections(simulator.clock.now_us) if c.original.dport == 53] != []
    simulator.settle(20 * SECOND)
    assert [c for c in node.conntrack.connections(simulator.clock.now_us) if c.original.dport == 53] == []
    assert send(simulator, "pod/default/client", "udp://10.1.0.53:53").verdict.outcome == "delivered"


def test_m25_a_service_does_not_balance_every_request_but_every_connection() -> None:
    trace = send(cluster(CLIENT, LOCAL, REMOTE, service("web", WEB)), "pod/default/client", "tcp://10.1.0.50:80")
    asked_nat = {h.packet for h in hops(trace, "dnat", node="k8s-node-11") if h.table == "nat"}
    assert asked_nat == {1}, "nat is asked by the first packet of the connection only"
    assert len({h.packet for h in hops(trace, "dnat", node="k8s-node-11")}) > 3, "later ones go where conntrack says"


def test_m26_kube_proxy_draws_and_does_not_take_turns() -> None:
    simulator = cluster(CLIENT, LOCAL, REMOTE, pod("third", "k8s-node-12", labels="app: web"), service("web", WEB))
    rules = run(simulator, "node/k8s-node-11", "iptables-save -t nat").stdout
    assert "--probability 0.33333333349" in rules
    assert "--probability 0.50000000000" in rules
    answered = [send(simulator, "pod/default/client", "tcp://10.1.0.50:80").verdict.answered_by for _ in range(12)]
    assert len(set(answered)) == 3
    assert answered != [answered[n % 3] for n in range(12)], "no turns"


def test_m27_packets_do_not_pass_the_process_kube_proxy() -> None:
    simulator = cluster(CLIENT, REMOTE, service("web", WEB), more="  lag: {kubeProxy: 60m}")
    trace = send(simulator, "pod/default/client", "tcp://10.1.0.50:80")
    assert trace.verdict.outcome == "delivered"
    accepted = {h.caption.params.get("process") for h in hops(trace, "accept")}
    assert accepted == {"nginx"}, "no socket of kube-proxy takes it: rules do"
    simulator.live.api.delete("Pod", "far")
    simulator.settle(10 * SECOND)
    stale = send(simulator, "pod/default/client", "tcp://10.1.0.50:80")
    assert stale.verdict.outcome != "delivered", "a proxy that does not come to it leaves its rules stale"


def test_m31_localhost_and_a_node_port_is_a_matter_of_the_mode() -> None:
    ports = "selector: {app: web}, type: NodePort, ports: [{port: 80, nodePort: 30080}]"
    for more, outcome in (("", "delivered"), (NFTABLES, "refused")):
        simulator = cluster(REMOTE, service("web", ports), more=more)
        assert send(simulator, "node/k8s-node-11", "tcp://127.0.0.1:30080").verdict.outcome == outcome


def test_m33_a_clusterip_is_not_protected_but_only_not_routed() -> None:
    simulator = cluster(REMOTE, service("web", WEB))
    assert send(simulator, "ext/client", "tcp://10.1.0.50:80").verdict.outcome != "delivered"
    run(simulator, "ext/client", "ip route add 10.1.0.0/16 via 10.0.0.11")
    trace = send(simulator, "ext/client", "tcp://10.1.0.50:80")
    assert trace.verdict.outcome == "delivered", "given a route, the rules of a node serve an outsider"
    assert hops(trace, "dnat", node="k8s-node-11") != []


def test_m36_who_listens_on_localhost_only_refuses_what_comes_by_dnat() -> None:
    simulator = cluster(
        CLIENT, pod("web", "k8s-node-12", labels="app: web", listens="tcp/127.0.0.1:80"), service("web", WEB)
    )
    assert send(simulator, "pod/default/web", "tcp://127.0.0.1:80").verdict.outcome == "delivered"
    trace = send(simulator, "pod/default/client", "tcp://10.1.0.50:80")
    assert (trace.verdict.outcome, trace.verdict.at) == ("refused", "pod/default/web")
    (refused,) = hops(trace, "refuse")
    assert refused.evidence is not None
    assert any("127.0.0.1:80" in each.entry for each in refused.evidence.skipped), "it listens, but not there"


def test_m37_what_one_learned_about_modes_depends_on_the_version() -> None:
    with pytest.raises(PodwalkError, match=r"nftables"):
        cluster(more='  kubernetesVersion: "1.28"\n' + NFTABLES)
    with pytest.raises(PodwalkError, match=r"ipvs"):
        cluster(more="  kubeProxy: {mode: ipvs}")
    old = cluster(REMOTE, service("web", WEB), more='  kubernetesVersion: "1.19"')
    assert "KUBE-SVL" not in run(old, "node/k8s-node-11", "iptables-save").stdout
