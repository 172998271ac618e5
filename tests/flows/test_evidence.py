"""Every entry that a hop cites stands word for word in what the cited command prints, at that moment, in that namespace."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.dataplane.hop import Hop
from app.kube.clusterfile import load_cluster
from app.shell import execute, run
from app.sim.request import TraceRequest
from app.sim.simulator import Simulator
from tests.oracle.test_captures import CASES, HERE, load

#: The commands that evidence may name, by their first words.
TOOLS = (
    "ip route get",
    "ip neigh",
    "bridge fdb",
    "ip link show dev",
    "sysctl",
    "ss -an",
    "ss -ltun",
    "iptables-save",
    "nft list",
    "conntrack -L",
    "ip route show match",
)


def listen(simulator: Simulator, check: Callable[[Hop], None]) -> None:
    """Call `check` at each hop, while the tables are as the hop found them."""
    network = simulator.network
    record = network.record

    def record_and_check(hop: Hop) -> None:
        record(hop)
        check(hop)

    network.record = record_and_check  # type: ignore[method-assign]


def problems_of(simulator: Simulator, request: TraceRequest) -> list[str]:
    """Run the flow; return every hop whose evidence its own tool does not print."""
    problems = []

    def check(hop: Hop) -> None:
        evidence = hop.evidence
        if evidence is None or not evidence.entry:
            return
        printed = execute(simulator.network.namespaces[hop.netns], evidence.tool)
        text = printed.stdout + printed.stderr
        if evidence.entry not in text or not evidence.tool.startswith(TOOLS):
            problems.append(f"{hop.kind} in {hop.netns}: '{evidence.entry}' is not in `{evidence.tool}`:\n{text}")

    listen(simulator, check)
    simulator.trace(request)
    return problems


@pytest.mark.parametrize("path", CASES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_the_cited_tool_prints_the_cited_entry(path: Path) -> None:
    case = load(path)
    simulator = Simulator(load_cluster([str(HERE / f"cluster-{case['mode']}.yaml")]))
    for who, line in case["before"]:
        assert run(simulator, who, line).exit_code == 0
    request = TraceRequest(case["from"], case["to"], **case["options"])
    assert problems_of(simulator, request) == []


#: Hops that no table decides: the header did (TTL), time did, or the packet was simply put together again.
UNDECIDED = {"drop-ttl-exceeded", "timeout", "loopback", "reassemble"}


@pytest.mark.parametrize("path", CASES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_every_decision_has_evidence(path: Path) -> None:
    case = load(path)
    simulator = Simulator(load_cluster([str(HERE / f"cluster-{case['mode']}.yaml")]))
    for who, line in case["before"]:
        run(simulator, who, line)
    trace = simulator.trace(TraceRequest(case["from"], case["to"], **case["options"]))
    bare = {h.caption.code for h in trace.hops if h.evidence is None}
    assert bare <= UNDECIDED


# --- deleting what was cited changes the walk -------------------------------------------------------------------------

CROSS = ("pod/default/client-a", "icmp://10.2.2.50")
LOCAL = ("pod/default/client-a", "icmp://10.2.1.37")
OUTSIDE = ("ext/ext-client", "icmp://10.2.1.37")
TCP = ("pod/default/client-a", "tcp://10.2.2.50:80")

#: kind of evidence: (question, an entry that the walk cites, WHO, the command that deletes it)
DELETIONS = {
    "route of a router": (CROSS, "10.2.2.0/24 via 10.2.2.0 dev flannel.1 onlink", "node/k8s-node-11", "ip route del 10.2.2.0/24"),
    "route of a sender": (OUTSIDE, "default via 10.0.0.1 dev eth0", "ext/ext-client", "ip route del default"),
    "connected route": (
        CROSS,
        "10.2.2.0/24 dev cni0 proto kernel scope link src 10.2.2.1",
        "node/k8s-node-12",
        "ip route del 10.2.2.0/24",
    ),
    "own address": (
        CROSS,
        "local 10.2.2.50 dev eth0 proto kernel scope host src 10.2.2.50",
        "pod/default/nginx-c",
        "ip addr del 10.2.2.50/24 dev eth0",
    ),
    "neighbour": (
        CROSS,
        "10.2.2.0 dev flannel.1 lladdr 0e:f1:0a:02:02:00 PERMANENT",
        "node/k8s-node-11",
        "ip neigh del 10.2.2.0 dev flannel.1",
    ),
    "VTEP": (
        CROSS,
        "0e:f1:0a:02:02:00 dev flannel.1 dst 10.0.0.12 self permanent",
        "node/k8s-node-11",
        "bridge fdb del 0e:f1:0a:02:02:00 dev flannel.1 dst 10.0.0.12 self",
    ),
    "bridge's own MAC": (
        CROSS,
        "0a:58:0a:02:01:01 dev cni0 master cni0 permanent",
        "node/k8s-node-11",
        "bridge fdb del 0a:58:0a:02:01:01 dev cni0 self",
    ),
    "link": (LOCAL, "veth44d19f87@if2: <BROADCAST,MULTICAST,UP", "node/k8s-node-11", "ip link set veth44d19f87 down"),
    "sysctl": (CROSS, "net.ipv4.ip_forward = 1", "node/k8s-node-11", "sysctl -w net.ipv4.ip_forward=0"),
    "socket": (TCP, "0.0.0.0:80", "pod/default/nginx-c", "ss -K sport = :80"),
    "tunnel's socket": (CROSS, "0.0.0.0:8472", "node/k8s-node-12", "ip link set flannel.1 down"),
}  # fmt: skip


def walk_of(question: tuple[str, str], *commands: tuple[str, str]) -> tuple[list[tuple[str, str, str]], set[str]]:
    """Return the walk as (kind, netns, interface), and all entries it cites."""
    simulator = Simulator(load_cluster([str(HERE / "cluster-vxlan.yaml")]))
    for who, line in commands:
        result = run(simulator, who, line)
        assert result.exit_code == 0, result.stderr
    trace = simulator.trace(TraceRequest(*question))
    cited = {h.evidence.entry for h in trace.hops if h.evidence is not None}
    return [(h.kind, h.netns, h.interface) for h in trace.hops], cited


@pytest.mark.parametrize("kind", DELETIONS)
def test_deleting_the_cited_entry_changes_the_walk(kind: str) -> None:
    question, entry, who, command = DELETIONS[kind]
    walk, cited = walk_of(question)
    assert any(entry in text for text in cited), f"the walk does not cite {entry}"
    assert walk_of(question, (who, command))[0] != walk


def test_deleting_a_learned_fdb_entry_makes_the_bridge_flood_again() -> None:
    simulator = Simulator(load_cluster([str(HERE / "cluster-vxlan.yaml")]))
    request = TraceRequest(*LOCAL)
    simulator.trace(request)
    warm = simulator.trace(request)
    entry = "0a:58:0a:02:01:25 dev veth44d19f87 master cni0"
    assert entry in {h.evidence.entry for h in warm.hops if h.kind == "bridge-forward" and h.evidence}
    assert run(simulator, "node/k8s-node-11", "bridge fdb del 0a:58:0a:02:01:25 dev veth44d19f87 master").exit_code == 0
    cold = simulator.trace(request)
    assert "bridge-flood" in {h.kind for h in cold.hops}
    assert "bridge-flood" not in {h.kind for h in warm.hops}


def test_deleting_a_learned_neighbour_makes_the_host_ask_again() -> None:
    simulator = Simulator(load_cluster([str(HERE / "cluster-vxlan.yaml")]))
    request = TraceRequest(*LOCAL)
    simulator.trace(request)
    assert run(simulator, "pod/default/client-a", "ip neigh del 10.2.1.37 dev eth0").exit_code == 0
    assert "arp-request" in {h.kind for h in simulator.trace(request).hops}
    assert "arp-request" not in {h.kind for h in simulator.trace(request).hops}


def test_every_kind_of_tool_is_deleted_once() -> None:
    """Each command that evidence names in the covered walks has its deletion above."""
    named = set()
    for path in CASES:
        case = load(path)
        simulator = Simulator(load_cluster([str(HERE / f"cluster-{case['mode']}.yaml")]))
        for who, line in case["before"]:
            run(simulator, who, line)
        trace = simulator.trace(TraceRequest(case["from"], case["to"], **case["options"]))
        named |= {next(t for t in TOOLS if h.evidence.tool.startswith(t)) for h in trace.hops if h.evidence}
    assert named <= {*TOOLS}
    assert "ss -an" in named, "a client's own socket: closing it is the client's end, not a fault"
