"""In nftables mode too every cited line stands in what the cited command prints, and taking it out changes the walk."""

import pytest

from app.kube.clusterfile import ClusterFile, load_cluster_text
from app.shell import run
from app.sim.request import TraceRequest
from app.sim.simulator import Simulator
from tests.flows.test_evidence import listen, problems_of

CLUSTER = """\
apiVersion: podwalk.dev/v1
kind: Cluster
spec:
  kubeProxy: {mode: nftables}
  nodes:
  - {name: k8s-master-10, ip: 10.0.0.10}
  - {name: k8s-node-11, ip: 10.0.0.11}
  - {name: k8s-node-12, ip: 10.0.0.12}
  external: [{name: outside, ip: 10.0.0.200}]
---
{apiVersion: v1, kind: Pod, metadata: {name: client}, spec: {nodeName: k8s-node-11, containers: [{name: c, image: busybox}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web-a, labels: {app: web}}, spec: {nodeName: k8s-node-11, containers: [{name: c, image: nginx}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web-b, labels: {app: web}}, spec: {nodeName: k8s-node-12, containers: [{name: c, image: nginx}]}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, selector: {app: web}, clusterIP: 10.1.0.20, externalIPs: [10.0.0.77], loadBalancerSourceRanges: [192.168.0.0/16], ports: [{port: 80, nodePort: 30080}]}
status: {loadBalancer: {ingress: [{ip: 10.0.0.88}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: empty}, spec: {type: NodePort, selector: {app: none}, clusterIP: 10.1.0.21, ports: [{port: 80, nodePort: 30081}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: sticky}, spec: {selector: {app: web}, sessionAffinity: ClientIP, clusterIP: 10.1.0.22, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: local}, spec: {type: NodePort, externalTrafficPolicy: Local, selector: {app: web}, clusterIP: 10.1.0.23, ports: [{port: 80, nodePort: 30083}]}}
"""
POD, NODE, OUTSIDE = "pod/default/client", "node/k8s-node-11", "ext/outside"
FLOWS = {
    "Pod to a ClusterIP": (POD, "tcp://10.1.0.20:80"),
    "hairpin": ("pod/default/web-a", "tcp://10.1.0.20:80"),
    "node to a ClusterIP": (NODE, "tcp://10.1.0.20:80"),
    "outside to a NodePort": (OUTSIDE, "tcp://10.0.0.11:30080"),
    "outside to a NodePort of a node without endpoints": (OUTSIDE, "tcp://10.0.0.10:30083"),
    "outside to a NodePort that keeps the source": (OUTSIDE, "tcp://10.0.0.11:30083"),
    "no endpoints": (POD, "tcp://10.1.0.21:80"),
    "no endpoints, NodePort": (OUTSIDE, "tcp://10.0.0.11:30081"),
    "client affinity": (POD, "tcp://10.1.0.22:80"),
    "wrong port": (POD, "tcp://10.1.0.20:81"),
    "ping of a ClusterIP": (POD, "icmp://10.1.0.20"),
    "no such ClusterIP": (POD, "tcp://10.1.7.7:80"),
    "source range": (POD, "tcp://10.0.0.88:80"),
    "Pod to a Pod": (POD, "icmp://10.2.2.2"),
}


def cluster() -> ClusterFile:
    return load_cluster_text(CLUSTER)


@pytest.mark.parametrize("name", FLOWS)
def test_the_cited_tool_prints_the_cited_line(name: str) -> None:
    simulator = Simulator(cluster())
    assert problems_of(simulator, TraceRequest(*FLOWS[name])) == []
    assert problems_of(simulator, TraceRequest(*FLOWS[name])) == [], "with what the first flow left behind"


@pytest.mark.parametrize("name", FLOWS)
def test_every_line_on_the_way_is_listed_somewhere(name: str) -> None:
    simulator = Simulator(cluster())
    missing: list[str] = []

    def check(hop: object) -> None:
        evidence = getattr(hop, "evidence", None)
        if evidence is not None and evidence.tool.startswith("nft"):
            printed = run(simulator, f"node/{hop.netns}", "nft list ruleset").stdout  # type: ignore[attr-defined]
            lines = [*evidence.matched, *(s.entry for s in evidence.skipped)]
            missing.extend(line for line in lines if line not in printed)
            assert all(s.because for s in evidence.skipped)

    listen(simulator, check)
    simulator.trace(TraceRequest(*FLOWS[name]))
    assert missing == []


def walk_of(question: tuple[str, str], *commands: tuple[str, str]) -> tuple[list[tuple[str, str, str]], set[str]]:
    """Return the walk as (kind, netns, code and table), and everything that it cites from nft."""
    simulator = Simulator(cluster())
    for who, line in commands:
        result = run(simulator, who, line)
        assert result.exit_code == 0, result.stderr
    trace = simulator.trace(TraceRequest(*question, pick=("default/web-b",)))
    cited = {
        line
        for h in trace.hops
        if h.evidence and h.evidence.tool.startswith("nft")
        for line in (h.evidence.entry, *h.evidence.matched)
    }
    return [(h.kind, h.netns, f"{h.caption.code} {h.table} {h.chain}") for h in trace.hops], cited


SERVICE = "service-PFISGYVC-default/web/tcp/"
ENDPOINT = "endpoint-G3QMXUKO-default/web/tcp/__10.2.2.2/80"
#: What is cited: (question, the line, how to take it out on k8s-node-11)
DELETIONS = {
    "element of a verdict map": (
        FLOWS["Pod to a ClusterIP"],
        f"10.1.0.20 . tcp . 80 : goto {SERVICE}",
        "nft delete element ip kube-proxy service-ips { 10.1.0.20 . tcp . 80 }",
    ),
    "element for a NodePort": (
        FLOWS["outside to a NodePort"],
        "tcp . 30080 : goto external-PFISGYVC-default/web/tcp/",
        "nft delete element ip kube-proxy service-nodeports { tcp . 30080 }",
    ),
    "element without endpoints": (
        FLOWS["no endpoints, NodePort"],
        'tcp . 30081 comment "default/empty" : goto reject-chain',
        "nft delete element ip kube-proxy no-endpoint-nodeports { tcp . 30081 }",
    ),
    "element that drops": (
        FLOWS["outside to a NodePort of a node without endpoints"],
        'tcp . 30083 comment "default/local" : drop',
        "nft delete element ip kube-proxy no-endpoint-nodeports { tcp . 30083 }",
    ),
    "element of the source ranges": (
        FLOWS["source range"],
        "10.0.0.88 . tcp . 80 : goto firewall-PFISGYVC-default/web/tcp/",
        "nft delete element ip kube-proxy firewall-ips { 10.0.0.88 . tcp . 80 }",
    ),
    "member of a set": (
        FLOWS["wrong port"],
        'ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"',
        "nft delete element ip kube-proxy cluster-ips { 10.1.0.20 }",
    ),
    "dnat rule": (FLOWS["Pod to a ClusterIP"], "meta l4proto tcp dnat to 10.2.2.2:80", f"nft flush chain ip kube-proxy {ENDPOINT}"),
    "drawn entry": (FLOWS["Pod to a ClusterIP"], f"1 : goto {ENDPOINT}", f"nft flush chain ip kube-proxy {SERVICE}"),
    "mark": (FLOWS["outside to a NodePort"], "meta mark set meta mark | 0x00004000", "nft flush chain ip kube-proxy mark-for-masquerade"),
    "masquerade": (FLOWS["node to a ClusterIP"], "masquerade fully-random", "nft flush chain ip kube-proxy masquerading"),
    "jump of a base chain": (FLOWS["Pod to a ClusterIP"], "jump services", "nft flush chain ip kube-proxy nat-prerouting"),
    "reject": (FLOWS["no endpoints, NodePort"], "reject", "nft flush chain ip kube-proxy reject-chain"),
    "drop of an unallocated address": (
        FLOWS["no such ClusterIP"],
        'ip daddr 10.1.0.0/16 drop comment "Drop traffic to unallocated ClusterIPs"',
        "nft flush chain ip kube-proxy cluster-ips-check",
    ),
    "everything": (FLOWS["hairpin"], "jump masquerading", "nft flush ruleset"),
}  # fmt: skip


@pytest.mark.parametrize("kind", DELETIONS)
def test_deleting_what_is_cited_changes_the_walk(kind: str) -> None:
    question, line, command = DELETIONS[kind]
    node = "node/k8s-master-10" if question == FLOWS["outside to a NodePort of a node without endpoints"] else NODE
    walk, cited = walk_of(question)
    assert line in cited, sorted(cited)
    assert walk_of(question, (node, command))[0] != walk


def test_a_rule_is_deleted_by_the_handle_that_nft_shows() -> None:
    simulator = Simulator(cluster())
    listing = run(simulator, NODE, f"nft -a list chain ip kube-proxy {ENDPOINT}").stdout
    handle = next(line.rpartition(" ")[2] for line in listing.splitlines() if "dnat to" in line)
    command = f"nft delete rule ip kube-proxy {ENDPOINT} handle {handle}"
    assert walk_of(FLOWS["Pod to a ClusterIP"], (NODE, command)) != walk_of(FLOWS["Pod to a ClusterIP"])


def test_a_cluster_ip_without_endpoints_is_rejected_twice() -> None:
    """Without its element in the map, cluster-ips-check rejects the packet all the same: no port of it is served."""
    command = "nft delete element ip kube-proxy no-endpoint-services { 10.1.0.21 . tcp . 80 }"
    walk, cited = walk_of(FLOWS["no endpoints"])
    assert '10.1.0.21 . tcp . 80 comment "default/empty" : goto reject-chain' in cited
    without, cited = walk_of(FLOWS["no endpoints"], (NODE, command))
    assert without == walk
    assert 'ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"' in cited


def test_forgetting_a_client_lets_chance_choose_again() -> None:
    simulator = Simulator(cluster())
    request = TraceRequest(*FLOWS["client affinity"])
    first = simulator.trace(request).verdict.at
    for _ in range(6):
        assert simulator.trace(request).verdict.at == first
    hop = next(h for h in simulator.trace(request).hops if h.kind == "dnat")
    assert hop.evidence is not None
    assert any("@affinity-" in line and "goto" in line for line in hop.evidence.matched)
    for name in ("GV2MJ55C-default/sticky/tcp/__10.2.1.3/80", "S3OMGVLM-default/sticky/tcp/__10.2.2.2/80"):
        assert run(simulator, NODE, f"nft flush set ip kube-proxy affinity-{name}").exit_code == 0
    again = next(h for h in simulator.trace(request).hops if h.kind == "dnat")
    assert again.evidence is not None
    assert any(line.startswith("numgen random mod 2") for line in again.evidence.matched)


def test_the_cni_plugins_rules_stay_in_iptables() -> None:
    trace = Simulator(cluster()).trace(TraceRequest(*FLOWS["Pod to a ClusterIP"]))
    tools = {hop.evidence.tool.split(" ")[0] for hop in trace.hops if hop.evidence and hop.kind == "hook"}
    assert tools == {"nft", "iptables-save"}
