"""Misconceptions about names, each dissolved by a trace."""

from __future__ import annotations

from app.shell import run
from app.sim.simulator import Simulator
from app.sim.trace import DnsLayer, HttpLayer, Trace, TraceHop
from tests.misconceptions.lab import SECOND, cluster, hops, pod, send, service

BEYOND = "  upstreamDNS: {www.example.com.: {A: [203.0.113.10]}}"
CLIENT = pod("client", listens="")
WEB = pod("web", "k8s-node-12", labels="app: web")
SELECTS = "selector: {app: web}, ports: [{port: 80, targetPort: 8080}]"
FROM = "pod/default/client"


def lab(*objects: str) -> Simulator:
    return cluster(CLIENT, *objects, more=BEYOND, addons="coredns")


def asked(trace: Trace, netns: str = FROM) -> list[tuple[str, str]]:
    """Return (name, type) of every question that a machine sent, in order."""
    questions = [hop for hop in hops(trace, "dns-query") if hop.netns == netns]
    return [(str(hop.caption.params["name"]), str(hop.caption.params["type"])) for hop in questions]


def decided(trace: Trace) -> list[TraceHop]:
    return hops(trace, "dns-answer")


def in_namespace(name: str, manifest: str) -> str:
    head = f"---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n"
    return head + manifest.replace("metadata: {", f"metadata: {{namespace: {name}, ", 1)


def test_m11_a_service_name_works_in_its_own_namespace_and_elsewhere_with_the_namespace_behind_it() -> None:
    simulator = lab(in_namespace("shop", service("web", SELECTS)))
    short = send(simulator, FROM, "dns://web")
    assert (short.verdict.outcome, short.verdict.rcode) == ("name-not-found", "NXDOMAIN")
    assert asked(short)[0] == ("web.default.svc.cluster.local", "A"), (
        "the search list begins with the Pod's own namespace"
    )
    assert not any("shop" in name for name, _ in asked(short))
    full = send(simulator, FROM, "dns://web.shop")
    assert full.verdict.outcome == "delivered"
    assert asked(full)[-1] == ("web.shop.svc.cluster.local", "AAAA")


def test_m12_an_outside_name_is_eight_questions_with_ndots_5_and_two_with_a_final_dot() -> None:
    simulator = lab()
    trace = send(simulator, FROM, "dns://www.example.com")
    suffixes = (".default.svc.cluster.local", ".svc.cluster.local", ".cluster.local", "")
    assert asked(trace) == [(f"www.example.com{suffix}", kind) for suffix in suffixes for kind in ("A", "AAAA")]
    codes = [hop.caption.params["rcode"] for hop in decided(trace) if hop.netns.startswith("pod/kube-system/")]
    assert codes == ["NXDOMAIN"] * 6 + ["NOERROR"] * 2
    absolute = send(simulator, FROM, "dns://www.example.com.")
    assert asked(absolute) == [("www.example.com", "A"), ("www.example.com", "AAAA")]
    few = pod("few", listens="", more=", dnsConfig: {options: [{name: ndots, value: '2'}]}")
    assert asked(send(lab(few), "pod/default/few", "dns://www.example.com"), "pod/default/few") == asked(absolute)


def lossy(seed: int) -> Trace:
    """Return a lookup through a node that loses a fifth of all queries."""
    simulator = cluster(CLIENT, service("web", SELECTS), addons="coredns", seed=seed)
    rule = (
        "iptables -t raw -A PREROUTING -i cni0 -p udp --dport 53 -m statistic --mode random --probability 0.2 -j DROP"
    )
    assert run(simulator, "node/k8s-node-11", rule).exit_code == 0
    return send(simulator, FROM, "dns://web")


def test_m13_exactly_five_seconds_are_a_lost_query_that_the_resolver_sends_again() -> None:
    """The kernel's race for a conntrack entry is not modelled; a rule that drops the second query has its effect."""
    trace = next(trace for seed in range(50) if len(hops(trace := lossy(seed), "drop")) == 1)
    questions = [hop for hop in hops(trace, "dns-query") if hop.netns == FROM]
    lost = next(hop.packet for hop in hops(trace, "drop"))
    again = next(hop.caption.params["type"] for hop in questions if hop.packet == lost)
    times = [(hop.t_us // SECOND, hop.caption.params["type"]) for hop in questions]
    assert times == [(0, "A"), (0, "AAAA"), (5, again)], "the one that was lost is asked again after five seconds"
    ports = {layer.sport for hop in questions for layer in hop.headers if layer.__class__.__name__ == "UdpLayer"}  # type: ignore[union-attr]
    assert len(ports) == 1, "A and AAAA leave by one socket: one 5-tuple, one conntrack entry"
    assert [hop.t_us // SECOND for hop in decided(trace)] == [0, 5], "CoreDNS answers what reaches it at once"
    assert trace.verdict.outcome == "delivered"


def test_m28_a_headless_service_is_the_pods_addresses_and_maps_no_port() -> None:
    backend = pod("web", "k8s-node-12", labels="app: web", listens="tcp/8080")
    simulator = lab(backend, service("flat", f"clusterIP: None, {SELECTS}"), service("web", SELECTS))
    mapped = send(simulator, FROM, "tcp://web:80")
    assert mapped.verdict.outcome == "delivered"
    assert [hop.netns for hop in hops(mapped, "dnat") if "tcp" in hop.table + str(hop.headers)], "80 became 8080"
    flat = send(simulator, FROM, "tcp://flat:80")
    assert flat.verdict.sender_learns == "ECONNREFUSED", "nobody maps 80 to 8080"
    (answer,) = {str(hop.caption.params["data"]) for hop in decided(flat) if hop.caption.code == "dns-answer"}
    web = next(i for i in flat.interfaces if i.netns == "pod/default/web" and i.name == "eth0")
    assert web.addresses[0].startswith(answer)
    after = flat.hops[max(hop.n for hop in decided(flat)) :]
    assert not [hop for hop in after if hop.kind == "dnat" and any(c.after == answer for c in hop.changes)]
    assert send(simulator, FROM, "tcp://flat:8080").verdict.outcome == "delivered"


def test_m29_a_pods_name_needs_a_headless_service_and_readiness() -> None:
    named = ", hostname: web-0, subdomain: db"
    member = pod("web-0", "k8s-node-12", labels="app: web", more=named)
    name = "dns://web-0.db.default.svc.cluster.local."
    assert send(lab(member), FROM, name).verdict.rcode == "NXDOMAIN", "no Service db, no name"
    ready = lab(member, service("db", f"clusterIP: None, {SELECTS}"))
    trace = send(ready, FROM, name)
    assert trace.verdict.outcome == "delivered"
    tools = {hop.evidence.tool for hop in decided(trace) if hop.evidence}
    assert any(tool.startswith("kubectl get endpointslice db-") for tool in tools)
    probe = ", readinessProbe: {httpGet: {path: /nothing, port: 80}}"
    unready = member.replace("{name: c, image: nginx}", f"{{name: c, image: nginx{probe}}}")
    simulator = lab(unready, service("db", f"clusterIP: None, {SELECTS}"))
    assert send(simulator, FROM, name).verdict.rcode == "NXDOMAIN", "not ready: no name"
    anyway = service("db", f"clusterIP: None, publishNotReadyAddresses: true, {SELECTS}")
    assert send(lab(unready, anyway), FROM, name).verdict.outcome == "delivered"


def test_m30_a_host_network_pod_asks_the_nodes_resolver_unless_it_says_cluster_first_with_host_net() -> None:
    host = pod("host", listens="", more=", hostNetwork: true")
    simulator = lab(host, service("web", SELECTS))
    trace = send(simulator, "pod/default/host", "dns://web.default.svc.cluster.local")
    assert trace.verdict.outcome == "name-not-found"
    (query, *_) = hops(trace, "dns-query")
    assert query.evidence is not None
    assert query.evidence.entry == "nameserver 10.0.0.1"
    assert run(simulator, "pod/default/host", "cat /etc/resolv.conf").stdout == "nameserver 10.0.0.1\n"
    asks = pod("host", listens="", more=", hostNetwork: true, dnsPolicy: ClusterFirstWithHostNet")
    assert send(lab(asks, service("web", SELECTS)), "pod/default/host", "dns://web").verdict.outcome == "delivered"


def test_m32_an_external_name_is_an_alias_and_proxies_nothing() -> None:
    simulator = lab(service("site", "type: ExternalName, externalName: www.example.com"))
    trace = send(simulator, FROM, "http://site/")
    records = [a for hop in trace.hops for layer in hop.headers if isinstance(layer, DnsLayer) for a in layer.answers]
    assert {"CNAME www.example.com.", "A 203.0.113.10"} <= set(records)
    first = next(hop for hop in trace.hops if any(h.__class__.__name__ == "TcpLayer" for h in hop.headers))
    assert first.netns == FROM
    assert [layer.dst for layer in first.headers if layer.__class__.__name__ == "Ipv4Layer"] == ["203.0.113.10"]  # type: ignore[union-attr]
    http = [layer for hop in trace.hops for layer in hop.headers if isinstance(layer, HttpLayer)]
    assert {layer.host for layer in http if layer.host} <= {"site"}, "the Host header stays the alias"
