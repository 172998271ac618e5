"""What the verdict says of a flow that rules refuse: where, and which rule; not that nobody answered."""

from __future__ import annotations

import pytest

from app.kube.clusterfile import load_cluster_text
from app.shell import run
from app.sim.request import TraceRequest
from app.sim.simulator import Simulator

CLUSTER = """\
apiVersion: podwalk.dev/v1
kind: Cluster
metadata: {name: two}
spec:
  kubeProxy: {mode: %s}
  nodes: [{name: node-1, ip: 10.0.0.11}, {name: node-2, ip: 10.0.0.12}]
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {nodeName: node-1, containers: [{name: c, image: busybox}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 10.1.0.2, selector: {app: web}, ports: [{port: 80}]}
"""


@pytest.mark.parametrize(
    ("mode", "table", "chain"), [("iptables", "filter", "FORWARD"), ("nftables", "ip kube-proxy", "filter-forward")]
)
def test_a_service_without_endpoints_is_rejected_by_a_rule_on_the_clients_node(
    mode: str, table: str, chain: str
) -> None:
    simulator = Simulator(load_cluster_text(CLUSTER % mode))
    verdict = simulator.trace(TraceRequest(from_="pod/default/client", to="tcp://10.1.0.2:80")).verdict
    assert (verdict.outcome, verdict.at, verdict.sender_learns) == ("rejected", "node-1", "ECONNREFUSED")
    assert verdict.caption.code == "reject"
    assert (verdict.caption.params["table"], verdict.caption.params["chain"]) == (table, chain)
    assert verdict.caption.params["with"] == "icmp-port-unreachable"


@pytest.mark.parametrize(
    ("reject_with", "tcp", "udp"),
    [
        ("icmp-net-unreachable", "ENETUNREACH", "timeout"),
        ("icmp-host-unreachable", "EHOSTUNREACH", "timeout"),
        ("icmp-proto-unreachable", "EHOSTUNREACH", "EHOSTUNREACH"),
        ("icmp-port-unreachable", "ECONNREFUSED", "ECONNREFUSED"),
        ("icmp-net-prohibited", "ENETUNREACH", "ENETUNREACH"),
        ("icmp-host-prohibited", "EHOSTUNREACH", "EHOSTUNREACH"),
        ("icmp-admin-prohibited", "EHOSTUNREACH", "EHOSTUNREACH"),
    ],
)
def test_a_sender_learns_of_a_reject_what_its_socket_makes_of_the_error(reject_with: str, tcp: str, udp: str) -> None:
    """Any error fails connect(), only a hard one a datagram's sender. ENOPROTOOPT has no word of its own in a trace."""
    learned = {}
    for proto in ("tcp", "udp"):
        simulator = Simulator(load_cluster_text(CLUSTER % "iptables"))
        rule = f"iptables -I FORWARD -d 10.0.0.12 -p {proto} -j REJECT --reject-with {reject_with}"
        assert run(simulator, "node/node-1", rule).exit_code == 0
        trace = simulator.trace(TraceRequest(from_="pod/default/client", to=f"{proto}://10.0.0.12:80"))
        learned[proto] = trace.verdict.sender_learns
    assert learned == {"tcp": tcp, "udp": udp}


FAULTS = """\
apiVersion: podwalk.dev/v1
kind: Cluster
metadata: {name: two}
spec:
  addons: []
  nodes: [{name: node-a, ip: 10.0.0.11}, {name: node-b, ip: 10.0.0.12}]
  external: [{name: client, ip: 10.0.0.200}]
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {nodeName: node-a, containers: [{name: c, image: busybox}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {nodeName: node-b, containers: [{name: c, image: nginx}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, clusterIP: 10.1.0.50, selector: {app: web}, ports: [{port: 80, nodePort: 30080}]}
"""
CLIENT, WEB = "pod/default/client", "10.2.1.2"
STRANGE_MAC = f"ip neigh replace {WEB} lladdr 0a:58:0a:02:01:99 dev cni0"


@pytest.mark.parametrize(
    ("asker", "to", "where", "fault", "code", "at"),
    [
        (
            "ext/client", "tcp://10.0.0.11:30080", "node/node-a", "iptables -t nat -F KUBE-POSTROUTING",
            "refuse-tcp-stranger", "ext/client",
        ),
        (CLIENT, f"icmp://{WEB}", CLIENT, "iptables -A OUTPUT -j REJECT", "reject-error", CLIENT),
        (CLIENT, f"icmp://{WEB}", "node/node-b", STRANGE_MAC, "drop-other-host", "pod/default/web:eth0"),
        (CLIENT, "icmp://10.2.1.255", "node/node-b", "sysctl net.ipv4.ip_forward", "drop-echo-broadcast", "node-b"),
    ],
)  # fmt: skip
def test_the_verdict_tells_the_cause_and_not_what_came_of_it(
    asker: str, to: str, where: str, fault: str, code: str, at: str
) -> None:
    simulator = Simulator(load_cluster_text(FAULTS))
    assert run(simulator, where, fault).exit_code == 0
    verdict = simulator.trace(TraceRequest(from_=asker, to=to)).verdict
    assert (verdict.outcome, verdict.caption.code, verdict.at) == ("timed-out", code, at)
